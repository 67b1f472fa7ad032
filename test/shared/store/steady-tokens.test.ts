import { setTimeout as sleep } from "node:timers/promises";
import { UnsecuredJWT } from "jose";
import { expect, it, vi } from "vitest";
import { createSteadyTokens, type Token, type TokenSource } from "../../../shared/store/steady-tokens.ts";
import type { LogFields } from "../../../shared/telemetry/log.ts";
import { until } from "../../support/until.ts";

const VAULT = "https://vault.azure.net";
const SCOPE = `${VAULT}/.default`;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse("2026-11-29T00:00:00Z");

type Ask = () => Promise<Token> | Token;

/** Two sources whose behaviour a test changes, a clock, and the lines of the log. */
function makeWorld({ tryMs = 50 } = {}) {
  const clock = { now: START };
  const lines: string[] = [];
  const write = (message: string, { error, ...fields }: LogFields = {}): void =>
    void lines.push(`${message} ${JSON.stringify(fields)} ${String(error)}`);
  const log = { info: write, warn: write, error: write };
  const good =
    (lifeMs: number, aud = VAULT): Ask =>
    () => ({
      token: new UnsecuredJWT({ aud, n: calls.first + calls.second }).encode(),
      expiresOnTimestamp: clock.now + lifeMs,
    });
  const calls = { first: 0, second: 0 };
  const behave: { first: Ask; second: Ask } = { first: good(24 * HOUR), second: good(24 * HOUR) };
  const sourceOf = (name: "first" | "second"): TokenSource => ({
    name,
    getToken: async () => {
      calls[name]++;
      return behave[name]();
    },
  });
  const getToken = createSteadyTokens([sourceOf("first"), sourceOf("second")], { log, now: () => clock.now, tryMs });
  return { clock, lines, good, calls, behave, getToken };
}

const hang: Ask = () => new Promise(() => undefined);
const fail: Ask = () => Promise.reject(new Error("no answer"));

it("the second source gives the token when the first hangs or fails, and the log says so", async () => {
  for (const trouble of [hang, fail]) {
    const { behave, calls, getToken, lines } = makeWorld();
    behave.first = trouble;
    expect((await getToken(SCOPE)).token).not.toBe("");
    expect(calls).toEqual({ first: 1, second: 1 });
    expect(lines).toEqual([expect.stringContaining('"source":"first"')]);
  }
});

it("one request for a token serves all that wait, and a second one none while it is young", async () => {
  const { calls, clock, getToken } = makeWorld();
  const [one, two] = await Promise.all([getToken(SCOPE), getToken(SCOPE)]);
  clock.now += 4 * MINUTE;
  expect([two.token, (await getToken(SCOPE)).token]).toEqual([one.token, one.token]);
  expect(calls.first).toBe(1);
});

it("nobody waits for a refresh, and its failure is nobody's while the token is good", async () => {
  const { behave, clock, getToken } = makeWorld();
  const { token } = await getToken(SCOPE);
  [behave.first, behave.second] = [hang, fail];
  for (; clock.now < START + 23 * HOUR; clock.now += 30 * MINUTE) {
    const asked = performance.now();
    expect((await getToken(SCOPE)).token).toBe(token);
    expect(performance.now() - asked).toBeLessThan(40);
  }
});

it("a token that is refreshed early is another one, long before the old one ends", async () => {
  const { clock, getToken } = makeWorld();
  const { token } = await getToken(SCOPE);
  clock.now += 6 * MINUTE;
  await getToken(SCOPE);
  expect(await until(async () => ((await getToken(SCOPE)).token === token ? undefined : true))).toBe(true);
});

it("without a good token callers get an error at once, once somebody has waited in vain, and a token when it is back", async () => {
  const { behave, clock, getToken, good } = makeWorld({ tryMs: 200 });
  await getToken(SCOPE);
  clock.now += 25 * HOUR;
  [behave.first, behave.second] = [hang, hang];
  await expect(getToken(SCOPE)).rejects.toThrow("the managed identity gives no token for https://vault.azure.net");
  let hasEnded = false;
  const waiting = getToken(SCOPE).catch(() => {
    hasEnded = true;
  });
  await expect(getToken(SCOPE)).rejects.toThrow();
  expect(hasEnded).toBe(false);
  await waiting;
  behave.first = good(HOUR);
  expect((await getToken(SCOPE)).token).not.toBe("");
});

it("an expired token is refused, and the other source's is taken", async () => {
  const { behave, getToken, good, lines } = makeWorld();
  behave.first = good(-MINUTE);
  behave.second = good(HOUR);
  expect((await getToken(SCOPE)).expiresOnTimestamp).toBeGreaterThan(START);
  expect(lines.join()).toContain("expired");
});

it("a token that names another service is used only when no source has a better one, and asked for again soon", async () => {
  const { behave, calls, clock, getToken, good, lines } = makeWorld();
  behave.first = good(24 * HOUR, "https://storage.azure.com");
  const own = await getToken(SCOPE);
  expect(calls).toEqual({ first: 1, second: 1 });
  expect(lines).toEqual([expect.stringContaining("for another service")]);

  behave.second = good(24 * HOUR, "https://storage.azure.com");
  clock.now += 6 * MINUTE;
  await getToken(SCOPE);
  await until(async () => (calls.second === 2 ? true : undefined));
  // It does not take the place of one that is good.
  expect((await getToken(SCOPE)).token).toBe(own.token);

  clock.now += 25 * HOUR;
  const doubtful = await getToken(SCOPE);
  // The SDKs come back two minutes before.
  expect(doubtful.expiresOnTimestamp - clock.now).toBeLessThan(2 * MINUTE + 10_000);
  behave.first = good(24 * HOUR);
  const healed = await until(async () => {
    const token = await getToken(SCOPE);
    return token.expiresOnTimestamp - clock.now > 5 * MINUTE ? token : undefined;
  });
  expect(healed.token).not.toBe(doubtful.token);
});

it.each([
  ["an application's id", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"],
  ["the same service, with a slash", `${VAULT}/`],
])("a token whose audience is %s is not doubted", async (_what, audience) => {
  const { behave, calls, getToken, good } = makeWorld();
  behave.first = good(HOUR, audience);
  await getToken(SCOPE);
  expect(calls.second).toBe(0);
});

it.each([
  ["a day", 24 * HOUR, 10 * MINUTE],
  ["6 minutes", 6 * MINUTE, 6 * MINUTE],
  ["a minute", MINUTE, 2 * MINUTE + 5_000],
])(
  "an SDK that gets a token with %s left comes back before long, and not without a pause",
  async (_what, left, told) => {
    const { behave, getToken, good } = makeWorld();
    behave.first = good(left);
    expect((await getToken(SCOPE)).expiresOnTimestamp - START).toBe(told);
  },
);

it("a source that fails in the background is left alone for a while", async () => {
  const { behave, calls, clock, getToken } = makeWorld();
  await getToken(SCOPE);
  [behave.first, behave.second] = [fail, fail];
  clock.now += 6 * MINUTE;
  await getToken(SCOPE);
  await vi.waitFor(() => expect(calls.second).toBe(1));
  await sleep(0);
  for (let i = 0; i < 5; i++) await getToken(SCOPE);
  expect(calls.second).toBe(1);
});
