export { createIndexedDbQueue, type IndexedDbQueueOptions } from "./indexed-db/indexed-db-queue.ts";
