import type { InvocationContext } from "@azure/functions";
import type { StreamMessage } from "./dispatch-envelopes.ts";

/** What the Event Hubs trigger hands over with `cardinality: many` and `dataType: binary`. */
export function readStreamMessages(messages: unknown, context: InvocationContext): StreamMessage[] {
  const bodies = Array.isArray(messages) ? messages : [messages];
  const metadata = context.triggerMetadata ?? {};
  const { partitionId } = (metadata.partitionContext ?? {}) as { partitionId?: unknown };
  const sequences = Array.isArray(metadata.sequenceNumberArray) ? metadata.sequenceNumberArray : [];
  return bodies.map((body: unknown, i) => ({
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body ?? null)),
    source: `event hub partition ${String(partitionId)} sequence ${String(sequences[i])}`,
  }));
}
