import type { InvocationContext } from "@azure/functions";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import type { StreamMessage } from "./dispatch-envelopes.ts";

/**
 * What the Event Hubs trigger hands over with `cardinality: many` and `dataType: binary`. Metadata that is not
 * understood loses no message: then its bytes alone tell it from the others.
 */
export function readStreamMessages(messages: unknown, context: InvocationContext, log: Logger): StreamMessage[] {
  const bodies: readonly unknown[] = Array.isArray(messages) ? messages : [messages];
  const { partitionContext, sequenceNumberArray, offsetArray } = context.triggerMetadata ?? {};
  const { partitionId } = (partitionContext ?? {}) as { readonly partitionId?: unknown };
  const partition = readText(partitionId);
  const places = bodies.map((_, i) => placeOf(elementOf(sequenceNumberArray, i), elementOf(offsetArray, i)));
  if (partition === undefined || places.includes(undefined)) {
    reached("trigger-without-places");
    const fields = Object.keys(context.triggerMetadata ?? {});
    log.error("the trigger does not say where its messages stand in the event hub", {
      fields,
      messages: bodies.length,
    });
  }
  return bodies.map((body, i) => ({
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body ?? null)),
    source: `event hub partition ${partition ?? "unknown"} ${places[i] ?? "sequence unknown"}`,
  }));
}

function elementOf(list: unknown, index: number): unknown {
  return Array.isArray(list) ? (list as unknown[])[index] : undefined;
}

function placeOf(sequence: unknown, offset: unknown): string | undefined {
  const number = readInteger(sequence);
  if (number !== undefined) return `sequence ${number}`;
  const text = readText(offset);
  return text === undefined ? undefined : `offset ${text}`;
}

/**
 * A long as the worker hands it over, in decimal: a number, or `{low, high, unsigned}` from version 3.16.0
 * (azure-functions-nodejs-worker#845).
 */
function readInteger(value: unknown): string | undefined {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  if (typeof value === "string" && /^-?\d+$/.test(value)) return value;
  const { low, high } = (value ?? {}) as { readonly low?: unknown; readonly high?: unknown };
  if (!Number.isInteger(low) || !Number.isInteger(high)) return undefined;
  return String((BigInt(high as number) << 32n) | BigInt((low as number) >>> 0));
}

/** Texts that look like numbers come as numbers: the library parses each of them. */
function readText(value: unknown): string | undefined {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? String(value) : undefined;
}
