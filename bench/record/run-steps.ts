import { setTimeout } from "node:timers/promises";
import { type Browser, createBrowser } from "./browser.ts";
import type { Received, Recorded, Sent } from "./exchange.ts";
import { createNormalise } from "./normalise.ts";
import { send } from "./send.ts";
import type { RequestStep, Step } from "./step.ts";
import { visitProvider } from "./visit-provider.ts";

const POLL_MS = 100;
/** A revocation is honoured within 30 seconds; a busy machine may be slower. */
const PATIENCE_MS = 120_000;

/** The values that answers gave, by name. */
type Kept = Map<string, string>;

/**
 * Sends the requests one after the other, and gives their records. `given`: the values that they can use from the
 * start.
 */
export async function runSteps(
  origin: string,
  steps: readonly Step[],
  given: Readonly<Record<string, string>>,
): Promise<Recorded[]> {
  const kept: Kept = new Map(Object.entries({ ...given, api: origin }));
  const browsers = new Map<string, Browser>();
  const normalise = createNormalise(Date.now());
  const records: Recorded[] = [];
  for (const step of steps) {
    if ("person" in step) {
      const back = new URL(await visitProvider(fill(`{{${step.from}}}`, kept), step.person));
      kept.set(step.to, `${back.pathname}${back.search}`);
      continue;
    }
    const received = await sendUntil(origin, step, kept, browsers);
    keepFrom(step, received, kept);
    records.push(normalise({ ...step, request: `${step.method} ${shorten(step.path)}`, received }));
  }
  return records;
}

async function sendUntil(
  origin: string,
  step: RequestStep,
  kept: Kept,
  browsers: Map<string, Browser>,
): Promise<Received> {
  const browser = browserOf(step.browser, browsers);
  const sent = toSent(step, kept, browser?.cookiesFor(`${origin}${fill(step.path, kept)}`));
  const url = `${origin}${sent.path}`;
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const received = await send(origin, sent);
    browser?.keep(url, received);
    const text = `${received.status} ${received.body.toString()}`;
    if (step.until === undefined || step.until.test(text)) return received;
    if (performance.now() > until) throw new Error(`${step.name} has still the answer ${text.slice(0, 1_000)}`);
    await setTimeout(POLL_MS);
  }
}

function browserOf(name: string | undefined, browsers: Map<string, Browser>): Browser | undefined {
  if (name === undefined) return undefined;
  const browser = browsers.get(name) ?? createBrowser();
  browsers.set(name, browser);
  return browser;
}

function toSent(step: RequestStep, kept: Kept, cookie: string | undefined): Sent {
  const { method, chunked = false, path, headers = {} } = step;
  const body = typeof step.body === "function" ? step.body() : step.body;
  const filled = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === "string" ? fill(value, kept) : value.map((one) => fill(one, kept)),
  ]);
  return {
    ...{ method, chunked, path: fill(path, kept) },
    headers: { ...(cookie === undefined ? undefined : { cookie }), ...Object.fromEntries(filled) },
    ...(body === undefined ? undefined : { body: typeof body === "string" ? fill(body, kept) : body }),
  };
}

function fill(text: string, kept: Kept): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = kept.get(name);
    if (value === undefined) throw new Error(`no answer gave \`${name}\` before it was needed`);
    return value;
  });
}

function keepFrom({ name, keep = {} }: RequestStep, { headers, body }: Received, kept: Kept): void {
  const text = `${headers.map(([header, value]) => `${header}: ${value}`).join("\n")}\n\n${body.toString()}`;
  for (const [kind, find] of Object.entries(keep)) {
    const found = find instanceof RegExp ? find.exec(text)?.[1] : find(text);
    if (found === undefined) throw new Error(`the answer to ${name} has no \`${kind}\`: ${text}`);
    kept.set(kind, found);
  }
}

function shorten(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 200)}… (${path.length} characters)`;
}
