import { AppError } from "../../shared/errors.ts";
import type { NewerFormat, NewerFormats } from "../../shared/store/newer-formats.ts";
import { call, type MemoryService } from "./memory-service.ts";

/** What newer releases wrote, in memory. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryNewerFormats(): NewerFormats & MemoryService {
  const kept = new Map<string, NewerFormat>();
  const options = { failure: () => new AppError("store_unavailable", "the store is away", { retryAfter: 1 }) };
  const formats: NewerFormats & MemoryService = {
    away: false,
    hanging: undefined,
    note: (seen) => call(formats, () => void kept.set(`${seen.format} ${seen.version}`, seen), options),
    list: () => call(formats, () => [...kept.values()], options),
  };
  return formats;
}
