import { RequestError, reasonOf } from "./request-error.ts";
import { inWords, type World } from "./world.ts";

export interface Ask {
  /** The deed, as a sentence's end: `approve the connection of func-headrace-prod`. Errors begin with it. */
  readonly what: string;
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** When to give up, by the world's clock. */
  readonly deadline: number;
  /** For what carries no token. */
  readonly followRedirects?: boolean;
  /** Statuses to try again, besides those of a server that is busy or ill. */
  readonly tryAgain?: readonly number[];
  /** What the operator can do about a status. `none`: about no answer at all. */
  readonly help?: Readonly<Partial<Record<number | "none", string>>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

/**
 * Sends a request until it is answered with 200 to 299. Throws a RequestError: at a final answer, or at the deadline.
 */
export type Send = (ask: Ask) => Promise<Answered>;

/** Busy or ill: 408, 429 and what begins with 5. */
const passing = (status: number): boolean => status === 408 || status === 429 || status >= 500;
/** A single try. */
const TRY_MS = 100_000;
const LONGEST_PAUSE_MS = 30_000;

/** `getToken` is asked at each try, as a token may end while one waits; without it, requests carry none. */
export function createSend(world: World, getToken?: () => Promise<string>): Send {
  return async (ask) => {
    for (let tries = 0; ; tries++) {
      const left = ask.deadline - world.now();
      const authorization = getToken ? { authorization: `Bearer ${await getToken()}` } : {};
      const outcome = await tryOnce(world, ask, authorization, Math.max(1, Math.min(TRY_MS, left)));
      if ("answer" in outcome && outcome.answer.status < 300) return outcome.answer;
      const again = "failure" in outcome || isPassing(ask, outcome.answer.status);
      const pause = pauseBefore(outcome, tries, world.now());
      if (!again || pause >= ask.deadline - world.now()) throw explain(ask, outcome, again);
      world.log(`${ask.what}: ${shortly(outcome)}, again in ${inWords(pause)}`);
      await world.sleep(pause);
    }
  };
}

type Outcome = { readonly answer: Answered } | { readonly failure: string };

async function tryOnce(
  world: World,
  ask: Ask,
  authorization: { readonly authorization?: string },
  ms: number,
): Promise<Outcome> {
  const { method, url, headers, body } = ask;
  try {
    const response = await world.fetch(url, {
      method,
      headers: { ...headers, ...authorization },
      ...(body === undefined ? {} : { body }),
      // A token or a package goes where it was meant to go, and nowhere else.
      redirect: ask.followRedirects ? "follow" : "manual",
      signal: world.timeout(ms),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { answer: { status: response.status, headers: response.headers, bytes, text: bytes.toString() } };
  } catch (error) {
    return { failure: causeOf(error) };
  }
}

function isPassing({ tryAgain = [] }: Ask, status: number): boolean {
  return passing(status) || tryAgain.includes(status);
}

function pauseBefore(outcome: Outcome, tries: number, now: number): number {
  const asked = "answer" in outcome ? retryAfterMs(outcome.answer.headers, now) : undefined;
  return asked ?? Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** tries);
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3). */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function explain(ask: Ask, outcome: Outcome, gaveUp: boolean): RequestError {
  const when = gaveUp ? "gave up waiting; the last try ended with " : "";
  const status = "answer" in outcome ? outcome.answer.status : undefined;
  const next = ask.help?.[status ?? "none"] ?? nextStepAt(status);
  const message = `Could not ${ask.what}: ${when}${atLength(outcome)}. ${next}`;
  if (!("answer" in outcome)) return new RequestError(message);
  const { code } = reasonOf(outcome.answer.text);
  return new RequestError(message, { status: outcome.answer.status, ...(code === undefined ? {} : { code }) });
}

function nextStepAt(status: number | undefined): string {
  if (status === 401) return "Sign in again (`az login`, or the workflow's federated credential), then `pulumi up`.";
  if (status === 403) return "Give the deployer the roles that docs/deploy.md lists, then `pulumi up` again.";
  if (status === 404) return "See in the portal whether it is there, then `pulumi refresh` and `pulumi up`.";
  if (status === 409) return "Something else changes it: wait until that has ended, then `pulumi up` again.";
  if (status !== undefined && status < 500 && status !== 429) return "";
  return "`pulumi up` again continues from here.";
}

function shortly(outcome: Outcome): string {
  return "failure" in outcome ? outcome.failure : `${outcome.answer.status}`;
}

function atLength(outcome: Outcome): string {
  if ("failure" in outcome) return outcome.failure;
  const { code, message } = reasonOf(outcome.answer.text);
  return [`${outcome.answer.status}`, code, message].filter(Boolean).join(" ").replace(/\.$/, "");
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return "no answer in time";
  return `no answer (${error.cause instanceof Error ? error.cause.message : error.message})`;
}
