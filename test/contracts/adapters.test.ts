import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const ADAPTER = /\/(azure|blob|cosmos|event-hubs|key-vault|openid|storage)-[^/]+\.ts$/;

/** Adapters that no suite holds to a contract, and why. */
const exceptions: Readonly<Record<string, string>> = {
  "shared/access/sign-in/openid-identity-providers.ts":
    "OpenID Connect is the contract, and a provider its judge: `test/product/sign-in.test.ts` runs it against one.",
  "shared/event/cosmos-find-events.ts": "It is a part of `cosmos-event-store.ts`, whose suite runs it.",
  "shared/ingest/event-hubs-producer.ts":
    "It is a part of `event-hubs-stream.ts`, whose suite runs it; `test/shared/ingest/event-hubs-producer.test.ts` has its faults.",
  "shared/ingest/event-hubs-sender.ts":
    "It is a part of `event-hubs-stream.ts`, whose suite runs it; `test/shared/ingest/event-hubs-stream.test.ts` has its faults.",
  "shared/ledger/cosmos-account-queries.ts": "It is a part of `cosmos-ledger-store.ts`, whose suite runs it.",
  "shared/ledger/cosmos-ledger-batches.ts": "It is a part of `cosmos-ledger-store.ts`, whose suite runs it.",
  "shared/pipeline/azure-backlog.ts":
    "It adds up what three services say, and has no second adapter: `test/cli/org.test.ts` reads it from the product.",
};

async function list(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true });
  return found.map((path) => `${folder}/${path}`).filter((path) => path.endsWith(".ts"));
}

async function importsOf(file: string): Promise<string[]> {
  const specifiers = [...(await readFile(file, "utf8")).matchAll(/from\s+"(\.[^"]+)"/g)];
  return specifiers.map(([, path = ""]) => join(dirname(file), path));
}

/** Adapters for which no test imports both them and the suite of a port that they import. */
async function findUncovered(folder: string): Promise<string[]> {
  const suites = (await list("test/contracts")).filter((path) => !path.endsWith(".test.ts"));
  const portsOf = new Map(await Promise.all(suites.map(async (suite) => [suite, await importsOf(suite)] as const)));
  const tests = (await list("test")).filter((path) => path.endsWith(".test.ts"));
  const importsOfTests = await Promise.all(tests.map(importsOf));
  const isCovered = async (adapter: string): Promise<boolean> => {
    const ports = await importsOf(adapter);
    const own = suites.filter((suite) => portsOf.get(suite)?.some((port) => ports.includes(port)));
    return importsOfTests.some((all) => all.includes(adapter) && own.some((suite) => all.includes(suite)));
  };
  const adapters = (await list(folder)).filter((path) => ADAPTER.test(path));
  const covered = await Promise.all(adapters.map(isCovered));
  return adapters.filter((_, i) => !covered[i]).sort();
}

it("every adapter in `shared/` runs under the suite of its port, except those listed with a reason", async () => {
  // A name too many here is an exception that is no longer needed.
  expect(await findUncovered("shared")).toEqual(Object.keys(exceptions).sort());
});

it("an adapter that no suite runs on is found, whichever vendor's it is", async () => {
  const folder = "test/fixtures/rejected/shared";
  const vendors = ["azure", "blob", "cosmos", "event-hubs", "key-vault", "openid", "storage"];
  expect(await findUncovered(folder)).toEqual(vendors.map((vendor) => `${folder}/ingest/${vendor}-part.ts`));
});

it("the table in the README names every adapter and every file here", async () => {
  const readme = await readFile("test/contracts/README.md", "utf8");
  const adapters = (await list("shared")).filter((path) => ADAPTER.test(path));
  const suites = await list("test/contracts");
  for (const path of [...adapters, ...suites]) expect(readme).toContain(path.split("/").at(-1));
});
