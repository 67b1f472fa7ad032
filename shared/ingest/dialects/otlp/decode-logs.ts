import type { JsonObject } from "../../../event/event.ts";
import type { Turns } from "../../../runtime/turn.ts";
import { decodeUtf8 } from "../../decode-utf8.ts";
import { broken, type Field, readFields } from "./read-fields.ts";

type Read = (value: Field["value"], depth: number) => unknown;
/** A message by the numbers of its fields: their names in JSON, how they are read, and whether there may be several. */
type Message = Readonly<Record<number, readonly [name: string, read: Read, repeated?: "repeated"]>>;

/** Deeper than events may be nested: a message within a message costs two bytes. */
const MAX_DEPTH = 60;

const bytes = (value: Field["value"]): Buffer => {
  if (Buffer.isBuffer(value)) return value;
  throw broken("a number stands where bytes are expected");
};
const number = (value: Field["value"]): bigint => {
  if (typeof value === "bigint") return value;
  throw broken("bytes stand where a number is expected");
};
const text: Read = (value) => {
  const decoded = decodeUtf8(bytes(value));
  if (decoded === undefined) throw broken("a text is not UTF-8");
  return decoded;
};
const base64: Read = (value) => bytes(value).toString("base64");
const hex: Read = (value) => bytes(value).toString("hex");
const boolean: Read = (value) => number(value) !== 0n;
const int32: Read = (value) => Number(BigInt.asIntN(32, number(value)));
const int64: Read = (value) => String(BigInt.asIntN(64, number(value)));
const uint64: Read = (value) => String(number(value));
const eight = Buffer.alloc(8);
const double: Read = (value) => {
  eight.writeBigUInt64LE(number(value));
  const found = eight.readDoubleLE();
  return Number.isFinite(found) ? found : String(found);
};
const message =
  (of: () => Message): Read =>
  (value, depth) =>
    readMessage(of(), bytes(value), depth + 1);

// https://github.com/open-telemetry/opentelemetry-proto: common.proto, resource.proto, logs.proto
const anyValue: Message = {
  1: ["stringValue", text],
  2: ["boolValue", boolean],
  3: ["intValue", int64],
  4: ["doubleValue", double],
  5: ["arrayValue", message(() => arrayValue)],
  6: ["kvlistValue", message(() => keyValueList)],
  7: ["bytesValue", base64],
};
const arrayValue: Message = { 1: ["values", message(() => anyValue), "repeated"] };
const keyValue: Message = { 1: ["key", text], 2: ["value", message(() => anyValue)] };
const keyValueList: Message = { 1: ["values", message(() => keyValue), "repeated"] };
const attributes = ["attributes", message(() => keyValue), "repeated"] as const;
const resource: Message = { 1: attributes, 2: ["droppedAttributesCount", int32] };
const scope: Message = {
  ...{ 1: ["name", text], 2: ["version", text], 3: attributes, 4: ["droppedAttributesCount", int32] },
};
const logRecord: Message = {
  ...{ 1: ["timeUnixNano", uint64], 2: ["severityNumber", int32], 3: ["severityText", text] },
  ...{ 5: ["body", message(() => anyValue)], 6: attributes, 7: ["droppedAttributesCount", int32] },
  ...{ 8: ["flags", int32], 9: ["traceId", hex], 10: ["spanId", hex], 11: ["observedTimeUnixNano", uint64] },
  12: ["eventName", text],
};
const scopeLogs: Message = {
  ...{ 1: ["scope", message(() => scope)], 2: ["logRecords", message(() => logRecord), "repeated"] },
  3: ["schemaUrl", text],
};
const resourceLogs: Message = {
  1: ["resource", message(() => resource)],
  2: ["scopeLogs", message(() => scopeLogs), "repeated"],
  3: ["schemaUrl", text],
};

/**
 * A request for logs in Protocol Buffers as it would be in JSON. A field that is not known here keeps its number, as
 * `field_N`. Throws AppError `invalid_body`.
 */
export async function decodeLogs(body: Buffer, turns: Turns): Promise<JsonObject> {
  const found: unknown[] = [];
  for (const field of readFields(body)) {
    if (turns.isOver()) await turns.next();
    if (field.number === 1) found.push(readMessage(resourceLogs, bytes(field.value), 1));
  }
  return { resourceLogs: found };
}

function readMessage(of: Message, content: Buffer, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw broken(`it is nested more than ${MAX_DEPTH} deep`);
  const found: Record<string, unknown> = {};
  for (const { number: at, value } of readFields(content)) {
    const [name, read, repeated] = of[at] ?? [`field_${at}`, unknown];
    const made = read(value, depth);
    const before = found[name];
    if (repeated && Array.isArray(before)) before.push(made);
    else found[name] = repeated ? [made] : made;
  }
  return found;
}

const unknown: Read = (value) => (typeof value === "bigint" ? String(value) : value.toString("base64"));
