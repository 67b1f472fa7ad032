import { setTimeout as sleep } from "node:timers/promises";
import {
  createDefaultHttpClient,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import { reached } from "../runtime/reached.ts";
import { createForgetting, type Forgetting } from "./forgetting.ts";

/** 400, 404, 409, 412, 413: what the store says of a document, if it was the store that said it. */
const VERDICTS: ReadonlySet<number> = new Set([400, 404, 409, 412, 413]);
/** For an answer of somebody else on the way. The SDK does not try it again, and the product waits it out. */
const BAD_GATEWAY = 502;
/** "Retry with": the SDK does not try it again. */
const RETRY_WITH = 449;
/** Substatus of a 404: no replica has yet what the session has seen. */
const SESSION_NOT_AVAILABLE = "1002";
/** Waits in ms before a read is tried again that no replica could serve. */
const WAITS = [20, 80, 250, 750];

/**
 * The SDK's own HTTP client, with two things about answers put right that the SDK (4.10) takes wrongly.
 *
 * It reads `message` of every answer from 400 up. One without a body, as gateways give them, is a TypeError then, and
 * one with a page for people a SyntaxError: its status is lost. Here it gets a body, and counts by its status. But what
 * the store says of a document it says with a body: 404 without one does not mean that there is no document.
 *
 * After a 404 with substatus 1002 it reads again without the session's token, twice, and takes what any replica has. It
 * forgets the tokens of the whole container as well. Here the read is tried again with its token, and fails after that.
 */
export function createHttpClient(
  next: HttpClient = createDefaultHttpClient(),
  forgetting = createForgetting(),
): HttpClient {
  return { sendRequest: async (request) => withMessage(request, await sendInSession(next, request, forgetting)) };
}

async function sendInSession(
  next: HttpClient,
  request: PipelineRequest,
  forgetting: Forgetting,
  [wait, ...later]: readonly number[] = WAITS,
): Promise<PipelineResponse> {
  const response = await next.sendRequest(request);
  if (!isSessionNotAvailable(response)) {
    forgetting.served(request);
    return response;
  }
  // Now the SDK may forget what it has seen.
  if (forgetting.refused(request)) {
    reached("session-lost");
    return response;
  }
  if (wait === undefined) {
    reached("session-not-available");
    return { ...response, status: RETRY_WITH };
  }
  reached("session-not-available-yet");
  const { abortSignal } = request;
  await sleep(wait, undefined, abortSignal instanceof AbortSignal ? { signal: abortSignal } : {});
  return sendInSession(next, request, forgetting, later);
}

function isSessionNotAvailable({ status, headers }: PipelineResponse): boolean {
  return status === 404 && headers.get("x-ms-substatus") === SESSION_NOT_AVAILABLE;
}

/** With a body that the SDK can read. Throws for a success that says nothing: it would pass for an absent document. */
function withMessage(request: PipelineRequest, response: PipelineResponse): PipelineResponse {
  const { status, bodyAsText } = response;
  if (status < 400) {
    if (status >= 300 || status === 204 || bodyAsText) return response;
    reached("success-without-body");
    throw new Error(`Cosmos DB answered ${status} to ${request.method} without a body`);
  }
  if (hasMessage(bodyAsText)) return response;
  reached("answer-not-of-the-store");
  const started = bodyAsText ? `with ${JSON.stringify(bodyAsText.slice(0, 200))}` : "without a body";
  const message = `the answer was not the store's own: ${status} ${started}`;
  const counted = VERDICTS.has(status) ? BAD_GATEWAY : status;
  return { ...response, status: counted, bodyAsText: JSON.stringify({ code: String(counted), message }) };
}

function hasMessage(text: string | null | undefined): boolean {
  try {
    const body: unknown = JSON.parse(text ?? "");
    return typeof body === "object" && body !== null && "message" in body && typeof body.message === "string";
  } catch {
    return false;
  }
}
