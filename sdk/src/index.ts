export { createClient } from "./create-client.ts";
export { createMemoryQueue, type MemoryQueueOptions } from "./memory-queue.ts";
export type * from "./types.ts";
export { version } from "./version.ts";
