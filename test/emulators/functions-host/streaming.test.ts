import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { converse } from "./raw-http.ts";
import { eventually, type HostProcess, startHost } from "./support.ts";

let host: HostProcess;
beforeAll(async () => {
  host = await startHost("streaming");
});
afterAll(() => host.kill());

const post = (path: string, body: string | ReadableStream, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(host.baseUrl + path, { method: "POST", body, headers, ...(typeof body !== "string" && { duplex: "half" }) });

const chunks = (...parts: string[]): ReadableStream =>
  new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });

describe("an app that streams HTTP", () => {
  it("gets chunked bodies, and those with a length, and answers without a length", async () => {
    for (const body of ["héllo", chunks("hé", "llo")]) {
      const answer = await post("/echo", body);
      expect(answer.headers.get("transfer-encoding")).toBe("chunked");
      expect(await answer.json()).toMatchObject({ fn: "echo", method: "POST", body: "héllo" });
    }
  });

  it("gets headers, query, trace and URL as they were sent; the forwarder's own are not among them", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const answer = await post("/echo?a=1&b=%2F", "x", { "x-own": "1", traceparent });
    const echo = (await answer.json()) as { traceParent: string; headers: object };
    expect(echo).toMatchObject({
      url: `${host.baseUrl}/echo?a=1&b=%2F`,
      query: { a: "1", b: "/" },
      headers: { "x-own": "1", "content-length": "1", "x-forwarded-for": expect.stringMatching(/^127.0.0.1:\d+$/) },
    });
    expect(echo.traceParent).toContain("0af7651916cd43dd8448eb211c80319c");
    expect(Object.keys(echo.headers)).not.toContain("x-ms-invocation-id");
  });

  it("has parameters of the query and fields of a JSON body among those of the path, which win and lose their spelling", async () => {
    const found = async (path: string, init?: RequestInit): Promise<unknown> =>
      ((await (await fetch(host.baseUrl + path, init)).json()) as { params: unknown }).params;
    expect(await found("/items/seven?name=x&other=2&code=3")).toEqual({ name: "seven", other: "2" });
    expect(await found("/items/seven?NAME=x")).toEqual({ NAME: "seven" });
    expect(await found("/echo", { method: "POST", body: '{"n":1,"t":"x","o":{},"z":null}' })).toEqual({
      n: "1",
      t: "x",
    });
    // The trigger reads no body without a length.
    expect(await found("/echo", { method: "POST", body: chunks('{"n":1}'), duplex: "half" })).toEqual({});
  });

  it("takes its headers from a parameter or a field of that name, instead of those that were sent", async () => {
    const forged = '{"authorization":"Bearer forged"}';
    const ask = async (path: string, body: string): Promise<unknown> => {
      const answer = await post(path, body, { authorization: "Bearer sent" });
      return ((await answer.json()) as { headers: unknown }).headers;
    };
    expect(await ask(`/echo?Headers=${encodeURIComponent(forged)}`, "x")).toEqual({ authorization: "Bearer forged" });
    expect(await ask("/echo", `{"Headers":${forged}}`)).toEqual({ authorization: "Bearer forged" });
    expect(await ask("/echo?headers=none", "x")).toEqual({});
  });

  it.each(["throws", "wrongResult", "nothing"])("that fails sends no answer: %s", async (path) => {
    const gone = new AbortController();
    const answer = fetch(`${host.baseUrl}/${path}`, { signal: gone.signal }).then(
      () => "answered",
      () => "none",
    );
    if (path !== "nothing")
      await eventually("it has failed", () => host.lines.some((line) => line.includes(`'Functions.${path}' (Failed`)));
    // Another request goes the whole way meanwhile.
    await post("/echo", "x");
    gone.abort();
    expect(await answer).toBe("none");
  });

  it("reads a chunked body as it comes, and sees it break off", async () => {
    const socket = connect(Number(new URL(host.baseUrl).port), "127.0.0.1");
    socket.write("POST /count/cut HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    const said = (word: string, id: string) =>
      host.said<{ id: string; bytes: number }>(word).filter((s) => s.id === id);
    await eventually("the first chunk has come", () => said("came", "cut").some(({ bytes }) => bytes === 3));
    socket.destroy();
    await eventually("the handler sees the end", () => said("broke", "cut").some(({ bytes }) => bytes === 3));
  });

  it("does not begin with a body that has a length before all of it has come, and never when it is cut off", async () => {
    const socket = connect(Number(new URL(host.baseUrl).port), "127.0.0.1");
    socket.write("POST /count/short HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    await post("/count/other", "x");
    await new Promise<void>((resolve) => socket.end(resolve));
    await post("/count/other", "x");
    expect(host.lines.filter((line) => line.includes('"id":"short"'))).toEqual([]);
  });

  it("passes over trailers, and says 100 to who expects it", async () => {
    const head = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n";
    const withTrailer = await converse(host.baseUrl, `${head}Trailer: x-sum\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n`);
    expect(withTrailer).toMatch(/^HTTP\/1.1 200 [\s\S]*"body":"abc"/);
    expect(withTrailer).not.toContain('x-sum":"1');
    const expecting = await converse(host.baseUrl, `${head}Expect: 100-continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
    expect(expecting).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 [\s\S]*"body":"abc"/);
  });

  it("can answer before a body is there", async () => {
    const socket = connect(Number(new URL(host.baseUrl).port), "127.0.0.1");
    socket.write("POST /refuse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    const answer = text(socket);
    socket.once("data", () => socket.end("0\r\n\r\n"));
    expect(await answer).toMatch(/^HTTP\/1.1 413 [\s\S]*too large/);
  });
});
