import { readFileSync } from "node:fs";
import { CosmosClient, PartitionKeyKind } from "@azure/cosmos";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { logFileOf } from "../../local/launcher/logs.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import type { RunningProduct, TestOrg } from "../support/connect-product.ts";
import { createHands } from "../support/cosmos-account.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

/* Mistakes of set-up: the product says what is wrong, loses nothing, and goes on when it is put right. */

let stack: Stack;
let product: RunningProduct;
let end: TestStack["end"];
let client: CosmosClient;
let hands: ReturnType<typeof createHands>;

beforeAll(async () => {
  ({ stack, product, end } = await startTestStack({ chaos: { profile: "off" } }));
  client = new CosmosClient({ endpoint: stack.cosmos.endpoint, key: stack.cosmos.key ?? "" });
  hands = createHands(client);
});
afterEach(() => stack.faults?.set("off"));
afterAll(async () => {
  client.dispose();
  await end();
});

const event = (event_id: string) => ({ event_id, event_type: "seen" });

/** What readiness says of Cosmos DB; undefined when it is ready. */
async function askReadiness(): Promise<string | undefined> {
  const { status, body } = await product.request("/api/health/ready");
  const found = (body.checks as readonly { name: string; error?: string }[]).find(({ name }) => name === "cosmos-db");
  expect(status).toBe(found?.error === undefined ? 200 : 503);
  return found?.error;
}

const untilReady = () => until(async () => ((await askReadiness()) === undefined ? true : undefined));
const untilSaid = (text: string) => until(async () => ((await askReadiness()) === text ? true : undefined));
const readHostLog = (): string => readFileSync(logFileOf(stack.stateDir, "functions-host"), "utf8");

async function sendThree(org: TestOrg): Promise<unknown> {
  const { status, body } = await org.post(["a", "b", "c"].map(event));
  expect(status).toBe(202);
  return body.receipt_id;
}

it("with `events` on another partition key nothing is quarantined: it waits, readiness and log say why, and it is stored", async () => {
  await hands.makeAgain("events", { partitionKey: { paths: ["/org_id"], kind: PartitionKeyKind.Hash, version: 2 } });
  await stack.restart("functions-host");
  const wrong = "the container events is partitioned by /org_id, and must be by /org_id, /id";
  await untilSaid(wrong);
  const org = await product.makeOrg();
  const receipt = await sendThree(org);
  await until(async () => (readHostLog().includes(`"reason":"${wrong}`) ? true : undefined));
  expect((await org.get(`/api/v1/receipts/${String(receipt)}`)).body).toMatchObject({ status: "pending" });
  expect(readHostLog()).toContain('"message":"a dependency is not as it must be","dependency":"cosmos-db"');

  await hands.makeAgain("events");
  expect(await org.settled(receipt)).toMatchObject({ stored: 3, quarantined: 0 });
  await untilReady();
});

it("a container that lacks one index is named in readiness and log, stores all the same, and is ready with the index", async () => {
  const { resource } = await client.database("headrace").container("events").read();
  const { compositeIndexes = [], ...policy } = resource?.indexingPolicy ?? {};
  const others = compositeIndexes.filter((paths) => !paths.some(({ path }) => path === "/event_type"));
  expect(others).toHaveLength(compositeIndexes.length - 1);
  await hands.change("events", { indexingPolicy: { ...policy, compositeIndexes: others } });
  await stack.restart("functions-host");
  const said =
    "the container events lacks the composite index on /org_id descending, /event_type descending, " +
    "/timestamp descending, /id descending";
  await untilSaid(said);
  expect(readHostLog()).toContain(said);
  const org = await product.makeOrg();
  expect(await org.settled(await sendThree(org))).toMatchObject({ stored: 3 });
  expect((await org.get("/api/v1/events")).status).toBe(200);
  expect((await org.get("/api/v1/events?event_type=seen")).body.code).toBe("store_unavailable");
  await hands.change("events", {});
  await untilReady();
  expect((await org.get("/api/v1/events?event_type=seen")).body.events).toHaveLength(3);
});

it("a role that is taken away is named, and everything works again by itself when it is back", async () => {
  await untilReady();
  const org = await product.makeOrg();
  await org.settled(await sendThree(org));
  stack.faults?.set({ cosmos: { forbidden: 1 } });
  await until(async () => ((await askReadiness())?.startsWith("the app's identity has no role") ? true : undefined));
  const { status, body } = await org.post(["d", "e"].map(event));
  expect(status).toBe(202);
  await until(async () => (readHostLog().includes("does not have required RBAC permissions") ? true : undefined));
  stack.faults?.set("off");
  expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 2, quarantined: 0 });
  await untilReady();
});
