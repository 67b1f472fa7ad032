import { describe, expect, it } from "vitest";
import { createTokens } from "../../sdk/src/tokens.ts";
import { answerJson, eventually, serveStub } from "../cli/support.ts";
import { openClient, take } from "./support.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Tokens that live an hour, by a clock that the test moves. */
function makeTokens(random: number, getToken?: () => Promise<string>) {
  const state = { now: 5, asked: 0 };
  const tokens = createTokens(
    async () => {
      const token = getToken ? await getToken() : `t${++state.asked}`;
      return { token, expiresIn: 3600 };
    },
    { now: () => state.now, random: () => random, timeoutMs: 1000, ended: new AbortController().signal },
  );
  return { state, tokens };
}

describe("a token", () => {
  it.each([
    [0, HOUR],
    [0.5, HOUR - 2.5 * MINUTE],
    [1, HOUR - 5 * MINUTE],
  ])(
    "is replaced in the background in its last 5 minutes, at a moment that differs (%d)",
    async (random, staleAfter) => {
      const { state, tokens } = makeTokens(random);
      expect(await tokens.get()).toBe("t1");
      state.now += staleAfter - 1;
      expect([await tokens.get(), state.asked]).toEqual(["t1", 1]);
      state.now += 1;
      // At the very end there is no background any more: then the call waits for the new one.
      expect(await tokens.get()).toBe(staleAfter === HOUR ? "t2" : "t1");
      await new Promise(setImmediate);
      expect([await tokens.get(), state.asked]).toEqual(["t2", 2]);
    },
  );

  it("that has expired is not used: 100 calls wait for one refresh", async () => {
    const { state, tokens } = makeTokens(0.5);
    await tokens.get();
    state.now += HOUR;
    const got = await Promise.all(Array.from({ length: 100 }, () => tokens.get()));
    expect([new Set(got), state.asked]).toEqual([new Set(["t2"]), 2]);
  });

  it("that was refused is replaced once for all who were refused with it", async () => {
    const { state, tokens } = makeTokens(0.5);
    const first = await tokens.get();
    const got = await Promise.all(Array.from({ length: 100 }, () => tokens.renew(first)));
    expect([new Set(got), state.asked]).toEqual([new Set(["t2"]), 2]);
    expect([await tokens.renew(first), state.asked]).toEqual(["t2", 2]);
  });

  it("is held on to while a refresh in the background fails", async () => {
    let isAway = false;
    const { state, tokens } = makeTokens(1, async () => {
      if (isAway) throw new Error("away");
      return "t";
    });
    await tokens.get();
    isAway = true;
    state.now += HOUR - MINUTE;
    expect(await tokens.get()).toBe("t");
    state.now += MINUTE;
    await expect(tokens.get()).rejects.toMatchObject({ code: "no_token", message: "getToken: Error: away" });
    isAway = false;
    expect(await tokens.get()).toBe("t");
  });

  it("of which nobody says how long it lives is used until it is refused", async () => {
    let [now, asked] = [0, 0];
    const deps = { now: () => now, random: () => 1, timeoutMs: 1000, ended: new AbortController().signal };
    const tokens = createTokens(() => `t${++asked}`, deps);
    await tokens.get();
    now = 10 * HOUR;
    expect([await tokens.get(), await tokens.renew("t1")]).toEqual(["t1", "t2"]);
  });
});

describe("a client with tokens", () => {
  it("asks for one with its first request, and 100 receipts at its end ask for one other", async () => {
    let [current, asked] = [1, 0];
    const server = await serveStub(({ path, body }, response) => {
      const sent = server.requests.at(-1)?.headers.authorization;
      if (sent !== `Bearer t${current}`) return answerJson(response, 401, { code: "credential_invalid", fix: "renew" });
      if (path.startsWith("/api/v1/receipts/")) {
        return answerJson(response, 200, { receipt_id: path.split("/").at(-1), status: "pending" });
      }
      answerJson(response, 202, take(body));
    });
    const { client } = openClient({ endpoint: server.url, getToken: () => `t${++asked}` });
    await client.track("seen");
    expect([await client.flush(), asked]).toEqual([{ pending: 0 }, 1]);
    current = 2;
    const receipts = await Promise.all(Array.from({ length: 100 }, (_, i) => client.receipt(`r${i}`)));
    expect([receipts.length, asked]).toEqual([100, 2]);
  });

  it("tries once more after a 401, and then says once that it is refused; the queue is kept", async () => {
    let [good, asked] = [false, 0];
    const server = await serveStub(({ body }, response) =>
      good
        ? answerJson(response, 202, take(body))
        : answerJson(response, 401, { code: "credential_invalid", detail: "no", fix: "f" }),
    );
    const { client, tell } = openClient({ endpoint: server.url, getToken: () => `t${++asked}`, maxPauseMs: 60_000 });
    await client.track("seen");
    expect(await client.flush()).toEqual({ pending: 1 });
    expect([server.requests.map(({ headers }) => headers.authorization), asked]).toEqual([
      ["Bearer t1", "Bearer t2"],
      2,
    ]);
    expect(tell("blocked")).toEqual([{ code: "credential_invalid", message: "no", fix: "f" }]);
    good = true;
    await eventually(() => tell("accepted").length === 1, "it is sent by itself");
  });

  it("says once that none is to be had, keeps all, and sends it when the issuer is back", async () => {
    let isAway = true;
    const server = await serveStub(({ body }, response) => answerJson(response, 202, take(body)));
    const getToken = async () => {
      if (isAway) throw new Error("the issuer is down");
      return "t";
    };
    const { client, tell } = openClient({ endpoint: server.url, getToken });
    for (let i = 0; i < 10; i++) void client.track("seen");
    expect(await client.flush()).toEqual({ pending: 10 });
    expect(server.requests).toEqual([]);
    await eventually(() => tell("request").length > 5, "it is asked again");
    expect(tell("blocked")).toMatchObject([{ code: "no_token", message: "getToken: Error: the issuer is down" }]);
    isAway = false;
    await eventually(() => tell("accepted").length === 1, "it is sent");
    expect(tell("accepted")[0]?.eventIds).toHaveLength(10);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("bad");
      },
    ],
    ["gives nothing", () => undefined as unknown as string],
    ["never answers", () => new Promise<string>(() => undefined)],
  ])("is not stopped by a getToken that %s", async (_, getToken) => {
    const server = await serveStub(() => undefined);
    const { client, tell } = openClient({ endpoint: server.url, getToken, requestTimeoutMs: 50 });
    await client.track("seen");
    expect(await client.flush()).toEqual({ pending: 1 });
    expect(tell("blocked")).toMatchObject([{ code: "no_token" }]);
  });
});
