import { createServer, request as sendRaw } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askRaw, converse } from "./raw-http.ts";
import { eventually, type HostProcess, startHost, startStorage } from "./support.ts";

interface Echo {
  readonly fn: string;
  readonly url: string;
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly traceParent: string;
}

let host: HostProcess;
beforeAll(async () => {
  host = await startHost("http");
});
afterAll(() => host.kill());

async function get(path: string, init?: RequestInit): Promise<Echo> {
  const response = await fetch(host.baseUrl + path, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

/** Node writes headers as Latin-1: a character for each byte. */
const utf8 = (text: string): string => Buffer.from(text).toString("latin1");

const ask = (path: string, headers?: Record<string, string>) => askRaw(host.baseUrl, path, headers);

const statusOf = async (path: string, method = "GET"): Promise<number> =>
  (await fetch(host.baseUrl + path, { method })).status;

describe("routing", () => {
  it.each([
    ["/items/7", "item", { id: "7" }],
    ["/items/+7", "item", { id: "+7" }],
    ["/items/2147483648", "itemByName", { name: "2147483648" }],
    ["/ITEMS/Seven/", "itemByName", { name: "Seven" }],
    ["/items/a%20b%2Fc%25", "itemByName", { name: "a b%2Fc%" }],
    ["/items/%E2%82%AC", "itemByName", { name: "€" }],
    ["/items/%FF", "itemByName", { name: "%FF" }],
    ["/optional", "optional", {}],
    ["/optional/1", "optional", { id: "1" }],
    ["/default", "withDefault", { id: "seven" }],
    ["/files/a.b.c", "file", { name: "a.b", ext: "c" }],
    ["/limits/9/abc/xy", "limits", { n: "9", code: "abc", word: "xy" }],
    ["/guid/0F8FAD5B-D9CB-469F-A165-70867728950E", "guid", { id: "0F8FAD5B-D9CB-469F-A165-70867728950E" }],
    ["/pattern/ab12", "pattern", { sku: "ab12" }],
    ["/rest", "zzRest", {}],
    ["/rest/a/b%20c", "zzRest", { path: "a/b c" }],
    ["/rest/x/../y", "zzRest", { path: "y" }],
    ["/mixed/case", "warmup-free", {}],
    ["/defaultRoute", "defaultRoute", {}],
  ])("%s is answered by %s", async (path, fn, params) => {
    expect(await get(path)).toMatchObject({ fn, params });
  });

  it.each([
    ["/items/a%2Fb", "/items/a%2Fb"],
    ["/items/a%252Fb", "/items/a%2Fb"],
    ["/items/%41%20%C3%A9%25x", "/items/A%20%C3%A9%25x"],
    ["/items/a+b:c@d;e=f,g", "/items/a+b:c@d;e=f,g"],
  ])("%s has the URL %s, escaped anew from the decoded path", async (path, url) => {
    expect(new URL((await get(`${path}?q=%2F`)).url)).toMatchObject({ pathname: url, search: "?q=%2F" });
  });

  it("lets the function whose name sorts first win, not the more specific template", async () => {
    expect(await get("/order/b")).toMatchObject({ fn: "aOrder", params: { any: "b" } });
  });

  it.each([
    ["/none", "GET"],
    ["/items/a/b", "GET"],
    ["/items/", "GET"],
    ["/limits/10/abc/xy", "GET"],
    ["/limits/1/abcd/xy", "GET"],
    ["/limits/1/abc/x1", "GET"],
    ["/guid/7", "GET"],
    ["/pattern/a12", "GET"],
    ["/echo", "DELETE"],
    ["/echo", "OPTIONS"],
    ["/items/7", "HEAD"],
  ])("%s by %s is a 404 without a body, never a 405", async (path, method) => {
    const response = await fetch(host.baseUrl + path, { method });
    expect([response.status, await response.text()]).toEqual([404, ""]);
  });

  it("takes a method that the route lists only for another template of the same path", async () => {
    expect(await statusOf("/items/7", "DELETE")).toBe(200);
    expect(await statusOf("/echo", "HEAD")).toBe(200);
  });

  it("lists its routes in the ready line", () => {
    expect(host.functions).toContainEqual({
      name: "item",
      trigger: "http",
      route: "/items/{id:int}",
      methods: ["GET"],
    });
    expect(host.functions.map((f) => f.name.toLowerCase())).toEqual(
      host.functions.map((f) => f.name.toLowerCase()).sort(),
    );
  });
});

describe("requests", () => {
  it("joins repeated query parameters and headers by commas", async () => {
    const headers = { "x-many": ["1", "2"], "x-one": utf8("ü") };
    const echo = await new Promise<Echo>((resolve, reject) => {
      const request = sendRaw(`${host.baseUrl}/echo?x=1&x=2&X=3&y=a%20b&empty`, { headers }, (response) => {
        text(response)
          .then((body) => resolve(JSON.parse(body)))
          .catch(reject);
      });
      request.end();
    });
    expect(echo.query).toEqual({ x: "1,2,3", y: "a b", empty: "" });
    expect(echo.headers).toMatchObject({ "x-many": "1,2", "x-one": "ü" });
  });

  it("forwards a body with a length, and nothing of a chunked one", async () => {
    const withLength = await get("/echo", { method: "POST", body: "héllo" });
    const chunks = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode("chunked"));
        controller.close();
      },
    });
    const chunked = await get("/echo", { method: "POST", body: chunks, duplex: "half" });
    expect([withLength.body, chunked.body]).toEqual(["héllo", ""]);
    expect(chunked.headers["transfer-encoding"]).toBe("chunked");
  });

  it("answers a body that is announced as longer than 100 MiB with an empty 500, before it is sent", async () => {
    const answer = await converse(host.baseUrl, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1.1 500 [\s\S]*\r\n\r\n$/);
  });

  it("keeps nothing of a body that is longer than `--max-body`: its function gets none, and nobody is asked for it", async () => {
    const own = await startHost("http", { args: ["--max-body", "5"] });
    try {
      const post = (body: string) => fetch(`${own.baseUrl}/echo`, { method: "POST", body });
      expect(await (await post("fiveb")).json()).toMatchObject({ body: "fiveb" });
      const long = await (await post("longer")).json();
      expect(long).toMatchObject({ body: "", headers: { "content-length": "6" } });
      const head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length:";
      expect(await converse(own.baseUrl, `${head} 99999999\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 [\s\S]*"body":""/);
      expect(await converse(own.baseUrl, `${head} 2\r\n\r\nhi`)).toMatch(/^HTTP\/1.1 100 [\s\S]*"body":"hi"/);
    } finally {
      await own.kill();
    }
  });

  it("asks nobody for a chunked body, which it does not read: the answer comes at once, and the connection ends", async () => {
    const head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(await converse(host.baseUrl, head)).toMatch(/^HTTP\/1.1 200 [\s\S]*\r\nConnection: close[\s\S]*"body":""/);
  });

  it("answers a whole request first, and then what follows it and is none", async () => {
    for (const [length, body] of [
      [0, ""],
      [5, "fiveb"],
    ] as const) {
      const bytes = `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${body}and more`;
      const pattern = new RegExp(`^HTTP/1.1 200 [\\s\\S]*"body":"${body}"[\\s\\S]*\\}HTTP/1.1 400 Bad Request\r\n`);
      expect(await converse(host.baseUrl, bytes)).toMatch(pattern);
    }
  });

  it("answers however much of a body is under way that it does not read", async () => {
    const own = await startHost("http", { args: ["--max-body", "100000"] });
    try {
      const body = "x".repeat(5_000_000);
      for (let i = 0; i < 20; i++)
        expect((await fetch(`${own.baseUrl}/echo`, { method: "POST", body })).status).toBe(200);
    } finally {
      await own.kill();
    }
  });

  it("takes a request line of 8 KiB and headers of 32 KiB, and refuses longer ones without a body, as Kestrel does", async () => {
    const long = "a".repeat(8_192 - "GET /echo?x= HTTP/1.1\r\n".length);
    expect((await ask(`/echo?x=${long}`))[0]).toBe(200);
    expect(await ask(`/echo?x=${long}a`)).toEqual([414, ""]);
    const others = `Host: ${new URL(host.baseUrl).host}\r\nConnection: close\r\nx-large: \r\n`;
    const large = "a".repeat(32_768 - others.length);
    expect((await ask("/echo", { "x-large": large }))[0]).toBe(200);
    expect(await ask("/echo", { "x-large": `${large}a` })).toEqual([431, ""]);
  });

  it("refuses more than 100 headers, and header text that is not UTF-8", async () => {
    const many = Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`x-${i}`, "1"]));
    expect(await ask("/echo", many)).toEqual([431, ""]);
    expect(await ask("/echo", { cookie: "a=caf\xe9" })).toEqual([400, ""]);
  });

  it("hands over header text as UTF-8, at which the library throws beyond Latin-1: a 500 without a body", async () => {
    expect(await ask("/echo", { cookie: utf8("a=日本") })).toEqual([500, ""]);
    await eventually("the failure is logged", () =>
      host.lines.some((line) => line.includes("'Functions.echo' (Failed")),
    );
  });

  it("continues the caller's trace", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const echo = await get("/echo", { headers: { traceparent } });
    expect(echo.traceParent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(echo.traceParent).not.toBe(traceparent);
  });
});

describe("what looks like a key of the host", () => {
  it("makes the host read its keys, and make them first; without storage they are in memory", async () => {
    expect(await statusOf("/echo?code=x")).toBe(200);
    expect(await statusOf("/echo?code=")).toBe(200);
  });

  it("lets many requests through that are the first ones, of two hosts: the keys are made once", async () => {
    const storage = await startStorage();
    const env = { AzureWebJobsStorage: storage.connectionString };
    const hosts = await Promise.all([startHost("http", { env }), startHost("http", { env })]);
    try {
      const asked = hosts.flatMap(({ baseUrl }) => Array.from({ length: 10 }, () => fetch(`${baseUrl}/echo?code=x`)));
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200));
    } finally {
      await Promise.all(hosts.map((own) => own.kill()));
      await storage.stop();
    }
  });

  it("is a 500 without a body when the keys cannot be read, and the function does not run", async () => {
    const refusing = createServer((_request, response) => response.writeHead(403).end());
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    const blobs = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/devstoreaccount1`;
    const AzureWebJobsStorage = `AccountName=devstoreaccount1;AccountKey=a2V5;BlobEndpoint=${blobs}`;
    const own = await startHost("http", { env: { AzureWebJobsStorage } });
    try {
      const answers = [
        await fetch(`${own.baseUrl}/logs?code=x`),
        await fetch(`${own.baseUrl}/logs`, { headers: { "x-functions-key": "x" } }),
      ];
      for (const answer of answers) expect([answer.status, await answer.text()]).toEqual([500, ""]);
      expect(own.lines.some((line) => line.endsWith("at information"))).toBe(false);
      expect((await fetch(`${own.baseUrl}/logs`)).status).toBe(200);
    } finally {
      await own.kill();
      refusing.close();
    }
  });
});

describe("responses", () => {
  it.each(["/throws", "/wrongResult"])("%s is a 500 without a body, and a line in the log", async (path) => {
    const response = await fetch(host.baseUrl + path);
    expect([response.status, await response.text()]).toEqual([500, ""]);
    await eventually("the failure is logged", () =>
      host.lines.some((line) => line.includes(` error `) && line.includes(`'Functions.${path.slice(1)}' (Failed`)),
    );
  });

  it("answers 204 for no result", async () => {
    expect(await statusOf("/nothing")).toBe(204);
  });

  it("sends bytes as they are, with the host's own headers added", async () => {
    const response = await fetch(`${host.baseUrl}/bytes`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([1, 2, 255]));
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("x-served-by")).toBe("fixture");
  });

  it("writes each cookie into its own header, and the length by itself", async () => {
    const response = await fetch(`${host.baseUrl}/cookies`);
    expect(response.status).toBe(201);
    expect(response.headers.get("content-length")).toBe("0");
    expect(response.headers.getSetCookie()).toEqual([
      "a=1%202; max-age=60; path=/; samesite=lax; httponly",
      "b=2; expires=Sun, 09 Sep 2001 01:46:40 GMT; domain=example.com; path=/api; secure",
    ]);
  });

  it("answers 429 over maxOutstandingRequests and serves the others", async () => {
    const statuses = await Promise.all(Array.from({ length: 24 }, () => statusOf("/slow/500")));
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
    expect(await statusOf("/slow/1")).toBe(200);
  });
});

describe("hooks and logs", () => {
  it("runs hooks that replace handler, result, error and log message", async () => {
    const hooked = await fetch(`${host.baseUrl}/hooked`);
    expect([hooked.status, hooked.headers.get("x-hook"), await hooked.text()]).toEqual([202, "pre", "hooked"]);
    const rescued = await fetch(`${host.baseUrl}/rescued`);
    expect([rescued.status, await rescued.text()]).toEqual([200, "rescued"]);
    await eventually("the message is rewritten", () => host.lines.some((line) => line.endsWith(" rewritten")));
    expect(host.lines).toContain("hook appStart");
  });

  it("logs by level, with function and invocation, and keeps the app's output off stdout", async () => {
    await fetch(`${host.baseUrl}/logs`);
    await eventually("the last line is there", () => host.lines.includes("by console"));
    const own = host.lines.filter((line) => / at \w+$/.test(line)).map((line) => line.split(" ").filter(Boolean));
    expect(own.map(([, level, fn, , , word]) => [level, fn, word])).toEqual([
      ["information", "logs", "information"],
      ["warning", "logs", "warning"],
      ["error", "logs", "error"],
    ]);
    expect(own[0]?.[3]).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("stopping", () => {
  it("answers the requests under way, refuses new ones and runs appTerminate last", async () => {
    const own = await startHost("http");
    const answer = fetch(`${own.baseUrl}/slow/700`).then((response) => response.text());
    await eventually("the request is in", () => own.lines.some((line) => line.endsWith("slow has begun")));
    own.signal("SIGTERM");
    await eventually("no new connection is taken", () =>
      fetch(`${own.baseUrl}/echo`).then(
        () => false,
        () => true,
      ),
    );
    expect(own.lines).not.toContain("hook appTerminate");
    expect(await answer).toBe("done");
    expect(await own.exited).toBe(0);
    expect(own.lines).toContain("hook appTerminate");
  });
});
