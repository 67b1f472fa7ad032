import { expect, onTestFinished, test } from "vitest";
import { type AnswerRequest, answerJson, serveHttp } from "../../../local/emulators/kit/serve-http.ts";

/** A service that takes bodies of up to 1,000 bytes, and its address. */
async function start(answer: AnswerRequest) {
  const tooLarge = answerJson(413, { too: "large" });
  const service = await serveHttp(answer, { port: 0, maxBodyBytes: 1_000, tooLarge });
  onTestFinished(() => service.close(0));
  return { url: `http://127.0.0.1:${service.port}`, service };
}

test("a request arrives whole, and its answer goes out with its length", async () => {
  const { url } = await start(async ({ method, path, headers, body }) => {
    return answerJson(201, { method, path, type: headers["content-type"], body }, { "x-own": "1" });
  });
  const response = await fetch(`${url}/a%20b?c=d`, { method: "PUT", headers: { "Content-Type": "x/y" }, body: "é" });
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({ method: "PUT", path: "/a%20b?c=d", type: "x/y", body: "é" });
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "content-length": "61",
    "x-own": "1",
  });
});

test("a body over the limit is read to its end and answered, and the handler is not called", async () => {
  let asked = 0;
  const { url } = await start(async () => {
    asked++;
    return answerJson(200, {});
  });
  const send = async (bytes: number) => (await fetch(url, { method: "POST", body: "x".repeat(bytes) })).status;
  expect([await send(1_000), await send(1_001), await send(5_000_000)]).toEqual([200, 413, 413]);
  expect(asked).toBe(1);
});

test("a request that is dropped gets no answer", async () => {
  const { url } = await start(async () => "dropped");
  await expect(fetch(url)).rejects.toThrow();
});

test("a port that is taken is refused", async () => {
  const { service } = await start(async () => answerJson(200, {}));
  const options = { port: service.port, maxBodyBytes: 1, tooLarge: answerJson(413, {}) };
  await expect(serveHttp(async () => "dropped", options)).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("closing lets a request under way have its answer, and waits no longer than told", async () => {
  const entered = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const release = Promise.withResolvers<void>();
  const { url, service } = await start(async ({ path }) => {
    const isFirst = path === "/first";
    entered[isFirst ? 0 : 1].resolve();
    if (!isFirst) return new Promise(() => undefined);
    await release.promise;
    return answerJson(200, { done: true });
  });
  const first = fetch(`${url}/first`);
  const stuck = fetch(`${url}/stuck`).catch(() => "hung up");
  await Promise.all(entered.map(({ promise }) => promise));
  const closed = service.close(500);
  release.resolve();
  expect(await (await first).json()).toEqual({ done: true });
  await closed;
  expect(await stuck).toBe("hung up");
});
