import { z } from "zod";
import { jsonOf } from "./json.ts";
import { RequestError } from "./request-error.ts";
import { type Answered, type Ask, retryAfterMs, type Send } from "./send.ts";
import { inWords, type World } from "./world.ts";

/** ARM's words for an end; any other is under way. */
const ENDS = ["succeeded", "failed", "canceled"];
/** Where ARM names no pause. */
const PAUSE_MS = 5_000;

interface FollowDeps {
  readonly world: World;
  readonly send: Send;
  /** Gives the address back, or throws. */
  checkUrl(url: string): string;
}

interface Progress {
  readonly status: string;
  readonly reason: string;
}

/**
 * Waits for the end of an operation that ARM has taken: by `Azure-AsyncOperation`, else by `Location`, else by the
 * resource's own `provisioningState` ("Track asynchronous Azure operations",
 * learn.microsoft.com/azure/azure-resource-manager/management/async-operations). Throws a RequestError when it failed,
 * or has not ended by the deadline.
 */
export async function followOperation({ world, send, checkUrl }: FollowDeps, ask: Ask, first: Answered): Promise<void> {
  const monitor = first.headers.get("azure-asyncoperation");
  const location = first.status === 202 ? first.headers.get("location") : null;
  const url = monitor ?? location;
  if (url !== null) checkUrl(url);
  const byLocation = monitor === null && location !== null;
  let answer = first;
  let progress = url === null ? progressOf(first.text) : { status: "InProgress", reason: "" };
  while (!ENDS.includes(progress.status.toLowerCase())) {
    const pause = retryAfterMs(answer.headers, world.now()) ?? PAUSE_MS;
    if (pause >= ask.deadline - world.now()) throw unended(ask, progress);
    world.log(`${ask.what}: ${progress.status}, asked again in ${inWords(pause)}`);
    await world.sleep(pause);
    answer = await send({ what: ask.what, method: "GET", url: url ?? ask.url, deadline: ask.deadline, ...helpOf(ask) });
    progress = byLocation ? progressAt(answer) : progressOf(answer.text);
  }
  if (progress.status.toLowerCase() !== "succeeded") throw failed(ask, progress);
}

function helpOf({ help }: Ask): Pick<Ask, "help"> {
  return help === undefined ? {} : { help };
}

/** `Location` says by its own status whether it has ended. */
function progressAt(answer: Answered): Progress {
  return answer.status === 202 ? { status: "InProgress", reason: "" } : { ...progressOf(answer.text) };
}

const operation = z.looseObject({
  status: z.unknown().optional(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
  properties: z.looseObject({ provisioningState: z.string().nullish() }).nullish(),
});

/** No word about a state means that it has ended, and well. */
function progressOf(text: string): Progress {
  const parsed = operation.safeParse(jsonOf(text));
  if (!parsed.success) return { status: "Succeeded", reason: "" };
  const { status, error, properties } = parsed.data;
  const word = typeof status === "string" ? status : properties?.provisioningState;
  return {
    status: word ?? "Succeeded",
    reason: [error?.code, error?.message].filter(Boolean).join(" ").replace(/\.$/, ""),
  };
}

function failed({ what, help }: Ask, { status, reason }: Progress): RequestError {
  const next = help?.none ?? "Mend the cause, then `pulumi up` again.";
  return new RequestError(`Could not ${what}: it ended as ${status}${reason && `: ${reason}`}. ${next}`, {
    code: status,
  });
}

function unended({ what }: Ask, { status }: Progress): RequestError {
  return new RequestError(
    `Could not ${what} in time: it is ${status} still. \`pulumi up\` again waits for it, once it has ended or failed.`,
  );
}
