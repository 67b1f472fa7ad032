import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Invoke } from "../../invoke.ts";
import { type CallFunction, type CallOptions, traceOf, type WriteAnswer } from "../call-function.ts";
import { bodyLengthOf, readBody, readHeaders } from "../read-request.ts";
import { decodePath, encodePath, splitTarget } from "../request-path.ts";
import { writeEmpty } from "../write-response.ts";
import { bindingDataOf } from "./binding-data.ts";
import { forward } from "./forward.ts";

/** Of one connection each (YARP `RequestUtilities.cs`). */
const NOT_PASSED_ON: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/**
 * The worker's streaming mode: the function is called over the RPC channel with what the trigger tells of the request,
 * and the request itself is passed on to the worker's own server, from where the answer comes (azure-functions-host
 * `DefaultHttpProxyService.cs`). A body with a length is read by the trigger first, all of it; a chunked one is passed
 * on as it comes. A function that fails sends no answer, and the forwarder waits for one until it gives up.
 */
export function createStreamCall(
  invoke: Invoke,
  workerUri: string,
  { origin, maxBodyBytes }: CallOptions,
): CallFunction {
  return async ({ route, params }, request, response) => {
    const length = bodyLengthOf(request);
    const isRead = length > 0 && length <= maxBodyBytes;
    const body = isRead ? await readBody(request, length) : undefined;
    if (isRead && !body) return undefined;
    const { path, query } = splitTarget(request.url ?? "/");
    const invocationId = randomUUID();
    const forwarded = forward({
      ...{ request, workerUri, invocationId, body, host: origin() },
      target: encodePath(decodePath(path)) + (query && `?${query}`),
      onContinue: () => response.writeContinue(),
    });
    const triggerMetadata = bindingDataOf({ headers: plainHeaders(request), query, params, body });
    // What it came to is in the log; the answer, or none, is the forwarder's.
    invoke(route.fn, { invocationId, input: { http: {} }, triggerMetadata, ...traceOf(request) }).catch(
      () => undefined,
    );
    return await forwarded.then(passOn, () => (answer: ServerResponse) => writeEmpty(answer, 500));
  };
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(readHeaders(request)).map(([name, { value }]) => [name, value]));
}

function passOn(answer: IncomingMessage): WriteAnswer {
  return (response) => {
    response.statusCode = answer.statusCode ?? 200;
    for (const [name, values = []] of Object.entries(answer.headersDistinct)) {
      if (!NOT_PASSED_ON.has(name)) response.setHeader(name, values.length === 1 ? (values[0] ?? "") : values);
    }
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  };
}
