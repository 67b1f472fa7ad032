import type { Container } from "@azure/cosmos";
import { inTime, readDocument } from "./cosmos.ts";
import { type Format, readable, stamp } from "./formats.ts";

interface Document {
  readonly id: string;
  /** Seconds; without one, the document does not expire, whatever it did before. */
  readonly ttl?: number;
}

/**
 * Writes a fact anew over the one before, in a container whose partition key is `/id`. Members that this release does
 * not know stay. Throws AppError `store_unavailable`, also where a newer release wrote what is there.
 */
export async function writeOver(container: Container, format: Format, document: Document): Promise<void> {
  const there = await readDocument<Document & Record<string, unknown>>(container, document.id, document.id);
  const known: Record<string, unknown> = there ? readable(format, there) : {};
  const { ttl, _rid, _self, _etag, _attachments, _ts, ...own } = known;
  const whole = { ...own, ...stamp(format, document) };
  await inTime((abortSignal) => container.items.upsert(whole, { abortSignal }));
}
