import type { HttpRequest } from "@azure/functions";
import { AppError } from "../../../errors.ts";
import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import { parseTime } from "../../../event/event-time.ts";
import type { Turns } from "../../../runtime/turn.ts";
import { describe } from "../../describe.ts";
import type { BatchLimits } from "../../parse-body.ts";
import type { RawBatch } from "../../raw-batch.ts";
import { findStart, type JsonDocument, parseDocument } from "../../read-document.ts";
import type { WayIn } from "../../way-in.ts";
import { findCredential } from "../find-credential.ts";
import { type Translation, translatedBatch } from "../translated-batch.ts";
import { translateCall } from "./translate-call.ts";

/** The last part of a path, and the type of call that comes there; that of several is said by each. */
const calls: Readonly<Record<string, string | undefined>> = {
  ...{ batch: undefined, b: undefined },
  ...{ track: "track", t: "track", identify: "identify", i: "identify", page: "page", p: "page" },
  ...{ screen: "screen", s: "screen", group: "group", g: "group", alias: "alias", a: "alias" },
};

/** What OpenTelemetry's exporters of other signals ask, which have no function of their own. */
const otherSignals = ["traces", "metrics"];

/** What Segment's SDKs send, and RudderStack's alike: `POST /v1/{call}`. */
export const segment: WayIn = {
  credentialOf: (request, readSent) => {
    callOf(request);
    return findCredential(request, readSent, "writeKey");
  },
  read: (body, request, limits, turns) => readCalls(body, callOf(request), limits, turns),
  // Its SDKs look at the status alone.
  answer: (batch) => ({ status: 200, body: { success: true, ...batch } }),
};

/** The calls of a body, posted to `/v1/{call}`. */
export async function readCalls(body: Buffer, call: string, limits: BatchLimits, turns: Turns): Promise<RawBatch> {
  const { bytes } = await findStart(body, turns);
  return toBatch(await parseDocument(bytes, turns), call, limits.events);
}

/** Throws AppError `path_not_found`. */
function callOf({ params }: HttpRequest): string {
  const call = params.call?.toLowerCase() ?? "";
  if (Object.hasOwn(calls, call)) return call;
  const others = otherSignals.includes(call) ? "; of OpenTelemetry's signals, logs are taken: `/v1/logs`" : "";
  throw new AppError("path_not_found", `there is no \`/v1/${call.slice(0, 100)}\` here${others}`);
}

function toBatch(document: JsonDocument, call: string, maxEvents: number): RawBatch {
  const { json } = document;
  if (!isJsonObject(json)) throw new AppError("invalid_body", `the body is ${describe(json)}; expected an object`);
  const type = calls[call];
  const translation = type === undefined ? ofBatch(json) : ofCall(json, type);
  return translatedBatch(document, translation, maxEvents);
}

function ofCall(call: JsonObject, type: string): Translation {
  return {
    events: [call],
    translate: (one) => translateCall(one, { type }),
    dialect: { name: "segment", type },
    sentAt: timeOf(call.sentAt),
  };
}

/** Throws AppError `invalid_body`. */
function ofBatch({ batch, writeKey, sentAt, timestamp, context, ...others }: JsonObject): Translation {
  if (!Array.isArray(batch)) {
    const detail = `\`batch\` is ${describe(batch)}; expected an array of calls`;
    throw new AppError("invalid_body", detail, { members: { path: "batch" } });
  }
  const shared = isJsonObject(context) ? context : undefined;
  const left = shared || context == null ? others : { ...others, context };
  const beside = Object.keys(left).length === 0 ? undefined : left;
  return {
    events: batch,
    list: "batch",
    translate: (one) => translateCall(one, { context: shared, beside }),
    dialect: { name: "segment", ...(shared && { context: shared }), ...(beside && { beside }) },
    sentAt: timeOf(sentAt),
    adds: Buffer.byteLength(JSON.stringify({ ...shared, ...beside })),
  };
}

/** One that is no time says nothing. */
function timeOf(sent: unknown): number | undefined {
  return typeof sent === "string" ? parseTime(sent) : undefined;
}
