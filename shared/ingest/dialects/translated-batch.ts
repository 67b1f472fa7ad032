import type { Dialect } from "../../envelope/content.ts";
import { AppError } from "../../errors.ts";
import { isJsonObject, type JsonObject } from "../../event/event.ts";
import type { Turns } from "../../runtime/turn.ts";
import { inspectEvent } from "../inspect-event.ts";
import { endOfValue, OPEN_ARRAY, skipSpace } from "../json-bytes.ts";
import { elementsOf, membersOf, refuseRepeated } from "../json-members.ts";
import { type RawBatch, type RawEvent, tooManyEvents } from "../raw-batch.ts";
import type { JsonDocument } from "../read-document.ts";
import { maskKeys } from "./mask-keys.ts";

export interface Translation {
  /** The events as they stand in the document. */
  readonly events: readonly unknown[];
  /** The member of the document that has them; undefined when it is one event, or a list of them. */
  readonly list?: string;
  /** Gives an event of ours, or why there is none. Pure. */
  readonly translate: (event: JsonObject) => RawEvent;
  /** How one of them is translated again by itself. */
  readonly dialect: Dialect;
  /** The client's clock when it sent the request, in ms. */
  readonly sentAt?: number | undefined;
  /** Bytes that each event gets of what stands beside them all. */
  readonly adds?: number;
}

/**
 * The events of a dialect's body, translated. One that cannot be stored goes to quarantine as it was sent, and fails
 * no batch. Throws AppError `empty_batch` or `too_many_events`.
 */
export function translatedBatch(
  { bytes, json, survey }: JsonDocument,
  { events, list, translate, dialect, sentAt, adds = 0 }: Translation,
  maxEvents: number,
): RawBatch {
  if (events.length === 0) throw new AppError("empty_batch", `${list ? `\`${list}\`` : "the batch"} is empty`);
  if (events.length > maxEvents) throw tooManyEvents(events.length, maxEvents);
  let sources: Promise<readonly Buffer[]> | undefined;
  return {
    events: events.map((event) => (isJsonObject(event) ? translate(event) : { value: event })),
    ...(sentAt === undefined ? undefined : { sentAt }),
    dialect,
    grows: adds * events.length,
    names: 0,
    asSent: countNames(json) === survey.names,
    mayRound: survey.mayRound,
    keepsInvalid: true,
    sources: (turns) => {
      sources ??= locateEvents(bytes, list, turns).then(maskKeys);
      return sources;
    },
  };
}

/** As many as stand in the bytes, unless one of them stands twice in an object. */
export function countNames(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let names = 0;
  if (Array.isArray(value)) {
    for (const element of value) names += countNames(element);
    return names;
  }
  for (const name in value) names += 1 + countNames((value as JsonObject)[name]);
  return names;
}

/** Throws AppError `invalid_json` or `invalid_body` for what stands beside the events and parsing changed. */
async function locateEvents(bytes: Buffer, list: string | undefined, turns: Turns): Promise<Buffer[]> {
  const start = skipSpace(bytes, 0);
  if (bytes[start] === OPEN_ARRAY) return elementsOf(bytes, start, turns);
  if (list === undefined) return [bytes.subarray(start, endOfValue(bytes, start))];
  const members = await membersOf(bytes, start, turns);
  refuseRepeated(bytes, members);
  for (const { name, value, end } of members) {
    const problem = name === list ? undefined : await inspectEvent(bytes.subarray(value, end), turns);
    if (!problem) continue;
    const path = `${name}.${problem.path}`;
    throw new AppError("invalid_body", `\`${path}\`: ${problem.message}`, { members: { path } });
  }
  const found = members.find(({ name }) => name === list);
  return found ? elementsOf(bytes, found.value, turns) : [];
}
