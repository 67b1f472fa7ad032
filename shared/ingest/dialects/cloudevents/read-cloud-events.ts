import type { HttpRequest } from "@azure/functions";
import { AppError } from "../../../errors.ts";
import type { Turns } from "../../../runtime/turn.ts";
import { decodeUtf8 } from "../../decode-utf8.ts";
import { describe } from "../../describe.ts";
import type { RawBatch } from "../../raw-batch.ts";
import { findStart, type JsonDocument, parseDocument } from "../../read-document.ts";
import { translatedBatch } from "../translated-batch.ts";
import { translateCloudEvent } from "./translate-cloud-event.ts";

/** How CloudEvents come by HTTP (the spec's HTTP protocol binding, section 3). */
export type Mode = "structured" | "batch" | "binary";

const MODES: Readonly<Record<string, Mode>> = {
  "application/cloudevents+json": "structured",
  "application/cloudevents-batch+json": "batch",
};

/** Undefined for a request that brings none. */
export function modeOf({ headers }: Pick<HttpRequest, "headers">): Mode | undefined {
  const mode = MODES[mediaTypeOf(headers.get("content-type"))];
  return mode ?? (headers.has("ce-specversion") ? "binary" : undefined);
}

/** Throws AppError `invalid_json`, `invalid_body`, `empty_body`, `empty_batch` or `too_many_events`. */
export async function readCloudEvents(
  body: Buffer,
  mode: Mode,
  request: Pick<HttpRequest, "headers">,
  maxEvents: number,
  turns: Turns,
): Promise<RawBatch> {
  const structured = mode === "binary" ? await toStructured(body, request, turns) : body;
  const { bytes } = await findStart(structured, turns);
  const document = await parseDocument(bytes, turns);
  const dialect = { name: "cloudevents" };
  return translatedBatch(
    document,
    { events: eventsOf(document, mode), translate: translateCloudEvent, dialect },
    maxEvents,
  );
}

function eventsOf({ json }: JsonDocument, mode: Mode): readonly unknown[] {
  if (mode !== "batch") return [json];
  if (Array.isArray(json)) return json;
  throw new AppError("invalid_body", `the body is ${describe(json)}; expected an array of CloudEvents`);
}

/**
 * An event whose attributes are headers and whose data is the body, as one of JSON: from there on, it is read as any
 * other, and kept in quarantine whole. Throws AppError `invalid_json` for data that says that it is JSON and is none.
 */
async function toStructured(body: Buffer, { headers }: Pick<HttpRequest, "headers">, turns: Turns): Promise<Buffer> {
  const attributes: Record<string, string> = {};
  for (const [name, value] of headers) {
    const attribute = /^ce-(.+)$/i.exec(name)?.[1]?.toLowerCase();
    if (attribute !== undefined && !attribute.startsWith("data")) attributes[attribute] = decodeValue(value);
  }
  const schema = headers.get("ce-dataschema");
  const type = headers.get("content-type");
  const json = JSON.stringify({
    ...attributes,
    ...(schema !== null && { dataschema: decodeValue(schema) }),
    ...(type !== null && { datacontenttype: type }),
  });
  if (body.length === 0) return Buffer.from(json);
  const data = await dataOf(body, mediaTypeOf(type), turns);
  return Buffer.concat([Buffer.from(`${json.slice(0, -1)},`), data, Buffer.from("}")]);
}

/** The member that has it: JSON as its bytes are, a text as a text, and all else as base64. */
async function dataOf(body: Buffer, type: string, turns: Turns): Promise<Buffer> {
  if (type === "" || type === "application/json" || type.endsWith("+json")) {
    const { bytes } = await findStart(body, turns);
    // By itself: what is no JSON could be some between the other members.
    await parseDocument(bytes, turns);
    return Buffer.concat([Buffer.from('"data":'), bytes]);
  }
  const text = type.startsWith("text/") ? decodeUtf8(body) : undefined;
  if (text !== undefined) return Buffer.from(`"data":${JSON.stringify(text)}`);
  return Buffer.from(`"data_base64":"${body.toString("base64")}"`);
}

/** Section 3.1.3.2: what is not printable ASCII is percent-encoded UTF-8. */
function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function mediaTypeOf(contentType: string | null): string {
  return (contentType?.split(";", 1)[0] ?? "").trim().toLowerCase();
}
