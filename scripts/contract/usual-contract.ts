import { settings } from "../../shared/config.ts";
import { makeContract } from "../../shared/contract/openapi.ts";
import type { Document } from "./nodes.ts";

/** The contract of this checkout, with the limits that a deployment has where nobody sets others. */
export function makeUsualContract(version: string): Document {
  const { shape } = settings;
  const limits = {
    bodyBytes: shape.HEADRACE_MAX_BODY_BYTES.parse(undefined),
    unpackedBytes: shape.HEADRACE_MAX_UNPACKED_BYTES.parse(undefined),
    events: shape.HEADRACE_MAX_EVENTS.parse(undefined),
    eventBytes: shape.HEADRACE_MAX_EVENT_BYTES.parse(undefined),
    eventTypes: shape.HEADRACE_MAX_EVENT_TYPES.parse(undefined),
  };
  return JSON.parse(JSON.stringify(makeContract({ limits, version }))) as Document;
}
