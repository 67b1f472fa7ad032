import type { PipelineRequest } from "@azure/core-rest-pipeline";
import { type CosmosGate, nameOperation } from "@headrace/emulators/cosmos/gate.ts";
import type { ReplicaLag } from "@headrace/emulators/cosmos/replicas/keep-sessions.ts";
import type { CosmosResponse } from "@headrace/emulators/cosmos/request.ts";
import { type CosmosEmulator, startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { provisionCosmos } from "../../../local/launcher/provision.ts";
import { createHttpClient } from "../../../shared/store/answers.ts";
import { catchUp } from "../../../shared/store/catch-up.ts";
import {
  type Cosmos,
  connectCosmos,
  queryAll,
  readDocument,
  writeResultOfError,
} from "../../../shared/store/cosmos.ts";
import { createDocuments } from "../../../shared/store/create-documents.ts";
import { createForgetting } from "../../../shared/store/forgetting.ts";
import { createReadTogether } from "../../../shared/store/read-together.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";

let emulator: CosmosEmulator;
let cosmos: Cosmos;
/** The answer of a gateway to every request about documents, instead of the store's. */
let answer: CosmosResponse | undefined;
const asked: string[] = [];
const lag: { -readonly [K in keyof ReplicaLag]: ReplicaLag[K] } = {
  isLagging: () => false,
  isAlone: () => false,
  ms: Number.POSITIVE_INFINITY,
};

beforeAll(async () => {
  const gate: CosmosGate = {
    enter: async (request) => {
      if (request.route.resourceType !== "docs") return undefined;
      asked.push(
        `${nameOperation(request)} ${request.headers["x-ms-session-token"] === undefined ? "without" : "with"}`,
      );
      return answer;
    },
  };
  emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", gate, lag });
  await provisionCosmos(emulator, { getToken: async () => null });
  cosmos = connect();
});
afterAll(async () => {
  cosmos.close();
  await emulator.close();
});
beforeEach(() => {
  answer = undefined;
  Object.assign(lag, { isLagging: () => false, isAlone: () => false });
  asked.length = 0;
});

function connect(): Cosmos {
  return connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, () => {
    throw new Error("it has a key");
  });
}

const event = (id: string) => ({ id, org_id: "o" });
const read = (from: Cosmos, id: string) => readDocument(from.containers.events, id, ["o", id]);
const away = { code: "store_unavailable" };

const statuses = [400, 401, 403, 404, 408, 409, 410, 412, 413, 429, 449, 500, 502, 503, 504];
const page = "<html><body>Not today</body></html>";
const bodies: readonly [string, (status: number) => Omit<CosmosResponse, "status">][] = [
  ["nothing", () => ({ headers: {}, body: "" })],
  ["a page for people", () => ({ headers: { "content-type": "text/html" }, body: page })],
  ["JSON that is not the store's", () => ({ headers: {}, body: "null" })],
  ["a body that is cut off", (status) => ({ headers: {}, body: `{"code":"${status}","message":"x"}`, cutAt: 12 })],
];

describe.each(bodies)("an answer with %s", (_name, make) => {
  it.each(statuses)(
    "and status %i is an outage to reads, writes and bulk writes, and no verdict on a document",
    async (status) => {
      answer = { status, ...make(status) };
      const { events } = cosmos.containers;
      await expect(read(cosmos, "a")).rejects.toMatchObject(away);
      await expect(queryAll(events, { query: "SELECT * FROM c" })).rejects.toMatchObject(away);
      const one = await events.items.create(event("a")).catch(writeResultOfError);
      const [ofOne] = await createDocuments(events, [event("a")]);
      const ofMany = await createDocuments(events, [event("a"), event("b"), event("c")]);
      expect([one, ofOne, ...ofMany].map((result) => result && "status" in result && result.status)).toEqual(
        Array.from({ length: 5 }, () => "unavailable"),
      );
    },
  );
});

it("an answer that is not the store's counts by its status, and the log is told what it was", async () => {
  const send = async (status: number, bodyAsText: string) => {
    const headers = { get: () => undefined } as never;
    const client = createHttpClient({ sendRequest: async (request) => ({ request, status, headers, bodyAsText }) });
    const sent = await client.sendRequest({ url: "https://a/dbs/d/colls/c/docs", method: "GET", headers } as never);
    return [sent.status, JSON.parse(sent.bodyAsText ?? "")];
  };
  expect(await send(503, "")).toEqual([503, { code: "503", message: expect.stringContaining("503 without a body") }]);
  expect(await send(429, page)).toEqual([429, { code: "429", message: expect.stringContaining("Not today") }]);
  expect(await send(404, "")).toEqual([502, { code: "502", message: expect.stringContaining("404 without a body") }]);
  const own = { code: "NotFound", message: "Entity with the specified id does not exist in the system." };
  expect(await send(404, JSON.stringify(own))).toEqual([404, own]);
});

it("a success that says nothing is not an absent document", async () => {
  answer = { status: 200, headers: {}, body: "" };
  await expect(read(cosmos, "a")).rejects.toMatchObject(away);
  answer = undefined;
  expect(await read(cosmos, "a")).toBeUndefined();
});

describe("a replica that lags", () => {
  /** The replica is as it is now, from now on. */
  const freeze = async (): Promise<void> => {
    Object.assign(lag, { isLagging: () => true, ms: 0 });
    await read(connect(), "nobody");
    lag.ms = Number.POSITIVE_INFINITY;
  };

  it("does not serve what this client has written: reads carry the token of the write before", async () => {
    await freeze();
    expect(await createDocuments(cosmos.containers.events, [event("w")])).toEqual([{ status: "written" }]);
    asked.length = 0;
    expect(await read(cosmos, "w")).toBeDefined();
    expect(asked).toEqual(["read with"]);
    const other = connect();
    expect(await read(other, "w")).toBeUndefined();
    await catchUp(other.containers.events, ["o", "x"]);
    expect(await read(other, "w")).toBeDefined();
    other.close();
  });

  it("and is alone: a read is tried again with its token, fails after a second, and never says `absent`", async () => {
    await freeze();
    expect(await createDocuments(cosmos.containers.events, [event("v")])).toEqual([{ status: "written" }]);
    asked.length = 0;
    lag.isAlone = () => true;
    await expect(read(cosmos, "v")).rejects.toMatchObject(away);
    const query = { query: "SELECT * FROM c WHERE c.org_id = 'o' AND c.id = 'v'" };
    await expect(queryAll(cosmos.containers.events, query)).rejects.toMatchObject(away);
    expect(new Set(asked.filter((one) => !one.startsWith("plan")))).toEqual(new Set(["read with", "query with"]));
    // As soon as another replica is there, it serves.
    let refusals = 2;
    lag.isAlone = () => refusals-- > 0;
    expect(await read(cosmos, "v")).toBeDefined();
  });

  it("for a minute counts as one that will never have it: the session is forgotten, part by part", () => {
    let now = 1_000;
    const forgetting = createForgetting(() => now);
    const part = (org: string) =>
      ({
        url: "https://a/dbs/d/colls/c/docs/x",
        headers: new Headers({ "x-ms-documentdb-partitionkey": org }),
      }) as never;
    expect(forgetting.refused(part("a"))).toBe(false);
    now += 59_999;
    expect([forgetting.refused(part("a")), forgetting.refused(part("b"))]).toEqual([false, false]);
    now += 1;
    expect([forgetting.refused(part("a")), forgetting.refused(part("b"))]).toEqual([true, false]);
    forgetting.served(part("a"));
    expect(forgetting.refused(part("a"))).toBe(false);
  });

  it("for a minute: its 404 is handed on, by which the SDK forgets the session", async () => {
    let now = 1_000;
    const headers = new Headers({ "x-ms-substatus": "1002" });
    const bodyAsText = JSON.stringify({ code: "NotFound", message: "the session is not available" });
    const sendRequest = async (request: PipelineRequest) => ({ request, status: 404, headers, bodyAsText }) as never;
    const client = createHttpClient(
      { sendRequest },
      createForgetting(() => now),
    );
    const request = { url: "https://a/dbs/d/colls/c/docs/x", method: "GET", headers: new Headers() } as never;
    expect((await client.sendRequest(request)).status).toBe(449);
    now += 60_000;
    expect((await client.sendRequest(request)).status).toBe(404);
  });
});

it("a 404 that speaks of the container says nothing of a document", async () => {
  const { cosmos, remove } = await startCosmosAccount();
  await remove("events");
  await expect(read(cosmos, "a")).rejects.toMatchObject(away);
});

it("an operation of a bulk request that says nothing of its document is asked for again by itself", async () => {
  const answered: CosmosResponse = {
    ...{ status: 207, headers: { "content-type": "application/json" } },
    body: JSON.stringify([{ statusCode: 503 }, { statusCode: 503 }]),
  };
  const gate: CosmosGate = {
    enter: async (request) => (nameOperation(request) === "bulk" ? answered : undefined),
  };
  const { cosmos: own } = await startCosmosAccount({ gate });
  await own.containers.events.items.create(event("there"));
  const readTogether = createReadTogether<{ id: string }>(own.containers.events);
  const found = await Promise.all(["there", "not"].map((id) => readTogether(id, ["o", id])));
  expect(found.map((document) => document?.id)).toEqual(["there", undefined]);
});
