export { createDiskQueue, type DiskQueueOptions } from "./disk/disk-queue.ts";
