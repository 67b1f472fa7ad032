import { METADATA_CHARGE } from "./charge.ts";
import { type CosmosError, nameStatus } from "./errors.ts";
import type { CosmosResponse } from "./request.ts";

export interface Answer {
  readonly status: number;
  /** JSON. */
  readonly body?: string;
  readonly charge?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export function respond(answer: Answer, activityId: string): CosmosResponse {
  return {
    status: answer.status,
    headers: {
      "content-type": "application/json",
      "x-ms-request-charge": String(answer.charge ?? METADATA_CHARGE),
      "x-ms-activity-id": activityId,
      ...answer.headers,
    },
    body: answer.body ?? "",
  };
}

export function describeError(error: CosmosError): Answer {
  return {
    status: error.status,
    body: JSON.stringify({ code: nameStatus(error.status), message: error.message }),
    headers: {
      ...(error.substatus === 0 ? {} : { "x-ms-substatus": String(error.substatus) }),
      ...(error.retryAfterMs === undefined ? {} : { "x-ms-retry-after-ms": String(error.retryAfterMs) }),
    },
  };
}

export function answerResource(status: number, resource: object): Answer {
  const etag = (resource as { readonly _etag?: string })._etag;
  return { status, body: JSON.stringify(resource), headers: etag === undefined ? {} : { etag } };
}
