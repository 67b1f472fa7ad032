import { Refusal } from "./amqp-error.ts";
import type { LastEnqueued, StartPosition } from "./log-store.ts";

const SELECTOR = /^\s*amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'([^']*)'\s*$/;
const FIELDS = { offset: "offset", "sequence-number": "sequenceNumber", "enqueued-time": "enqueuedAt" } as const;

/**
 * Reads the selector of a receiver, such as `amqp.annotation.x-opt-offset > '-1'`; without one it starts at the
 * beginning. Throws a Refusal for a text that is not a selector of Event Hubs.
 */
export function parseStartPosition(selector: string | undefined): StartPosition {
  if (selector === undefined) return { by: "offset", value: -1, inclusive: false };
  const [, field, operator, text = ""] = SELECTOR.exec(selector) ?? [];
  const by = FIELDS[field as keyof typeof FIELDS];
  if (!by) throw new Refusal("amqp:invalid-field", `The filter "${selector}" is not supported.`);
  if (by === "offset" && text.toLowerCase() === "@latest") return { by: "latest" };
  if (!/^-?\d{1,18}$/.test(text)) {
    throw new Refusal("com.microsoft:argument-error", `'${text}' is not a position in "${selector}".`);
  }
  return { by, value: Number(text), inclusive: operator === ">=" };
}

/**
 * A position that the partition never reached is refused, as by Azure: most often it is a checkpoint of a hub that was
 * deleted and made again.
 */
export function assertReached(start: StartPosition, last: LastEnqueued): void {
  if (start.by === "latest" || start.by === "enqueuedAt" || start.value <= last[start.by]) return;
  if (start.inclusive && start.by === "sequenceNumber" && start.value === last.sequenceNumber + 1) return;
  const name = start.by === "offset" ? "offset" : "sequence number";
  throw new Refusal(
    "com.microsoft:argument-error",
    `The supplied ${name} '${start.value}' is invalid. The last ${name} in the system is '${last[start.by]}'`,
  );
}
