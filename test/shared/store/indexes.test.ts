import { readdir, readFile } from "node:fs/promises";
import type { Container } from "@azure/cosmos";
import { watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { findUnserved } from "@headrace/emulators/cosmos/query/find-unserved.ts";
import { type CosmosEmulator, startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { provisionCosmos } from "../../../local/launcher/provision.ts";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import { createCosmosIdentityStore } from "../../../shared/access/keys/cosmos-identity-store.ts";
import { createCosmosRevocationStore } from "../../../shared/access/revocations/cosmos-revocation-store.ts";
import { createCosmosColumnStore } from "../../../shared/event/cosmos-column-store.ts";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import { createCosmosJobStore } from "../../../shared/jobs/cosmos-job-store.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { createCosmosVersionUse } from "../../../shared/operator/cosmos-version-use.ts";
import { createCosmosQuarantineStore } from "../../../shared/quarantine/cosmos-quarantine-store.ts";
import { columnNames } from "../../../shared/store/columns.ts";
import { toContainerResource } from "../../../shared/store/container-resource.ts";
import { type ContainerDefinition, type ContainerName, containers } from "../../../shared/store/containers.ts";
import { type Cosmos, connectCosmos } from "../../../shared/store/cosmos.ts";
import { createCosmosNewerFormats } from "../../../shared/store/cosmos-newer-formats.ts";

/* Every query of the product as it goes out, against the indexing policy of its container. */

interface Asked {
  readonly container: ContainerName;
  readonly query: string;
  readonly parameters: ReadonlyMap<string, string | number | boolean>;
  /** JSON; undefined when it goes to all of the container. */
  readonly partitionKey: string | undefined;
}

/** Nothing asks for anything but single documents there yet. */
const notQueried: readonly ContainerName[] = ["registry"];
/** Indexes that only older releases use, which may run beside this one: without them, they would not be ready. */
const ofOlderReleases: readonly string[] = ["ledger /merged_seq/?"];

const asked: Asked[] = [];
let emulator: CosmosEmulator;
let cosmos: Cosmos;

beforeAll(async () => {
  const gate = watchRequests(({ container, query, partitionKey }) => {
    if (container !== undefined && query !== undefined) asked.push(toAsked(container, query, partitionKey));
  });
  emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", gate });
  await provisionCosmos(emulator, { getToken: async () => null });
  cosmos = connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, () => {
    throw new Error("it has a key");
  });
  await askEverything(cosmos.containers);
});
afterAll(async () => {
  cosmos.close();
  await emulator.close();
});

function toAsked(container: string, body: string, partitionKey: string | undefined): Asked {
  const { query, parameters = [] } = JSON.parse(body) as {
    query: string;
    parameters?: readonly { name: string; value: string | number | boolean }[];
  };
  const values = new Map(parameters.map(({ name, value }) => [name, value]));
  return { container: container as ContainerName, query, parameters: values, partitionKey };
}

/** Each query of each store, with all that it can be narrowed by. */
async function askEverything({
  events,
  ledger,
  quarantine,
  jobs,
  identity,
  control,
}: Cosmos["containers"]): Promise<void> {
  const page = { from: "2026-11-01", to: "2026-12-01", limit: 10 };
  const after = { timestamp: "2026-11-02", id: "e1" };
  const ledgerStore = createCosmosLedgerStore(ledger);
  const documents = createCosmosIdentityDocuments(identity);
  const identityStore = createCosmosIdentityStore(identity);
  const ranges = (["event", "receipt"] as const).map((by) => ({ by, from: 1, to: 2 }));
  await Promise.all([
    ...askEvents(events),
    ledgerStore.findOpenSlots(10),
    ledgerStore.readActiveRollup("org", "slot"),
    ledgerStore.findOpenEntries("org", "slot", 10),
    ledgerStore.findDeltas("org", "slot", 10),
    ...[undefined, "2026-11-22"].map((before) => drain(ledgerStore.findDeltaSlots(before))),
    ledgerStore.findAdjustments("org", "slot", "receipt"),
    ledgerStore.countEntries("org", "slot"),
    ledgerStore.readAllCounted({ orgId: "org", slot: "slot" }, () => undefined),
    ledgerStore.readOpenIds({ orgId: "org", slot: "slot" }, () => undefined),
    drain(ledgerStore.findSumSlots("2026-11-22")),
    ...ranges.flatMap((range) =>
      [{}, { slot: "slot" }].flatMap((one) => {
        const scope = { orgId: "org", range, ...one };
        const [list, open, sums] = [ledgerStore.listSums, ledgerStore.readOpen, ledgerStore.readSums];
        return [list(scope, () => undefined), open(scope, () => undefined), sums(scope, () => undefined)];
      }),
    ),
    ...askQuarantine(quarantine),
    ...askJobs(jobs),
    documents.list("member", "org"),
    documents.listSessions("org", undefined),
    documents.listSessions("org", "m1"),
    documents.findAudit("org", { ...page, action: "key.created", actor: "operator:o1", after }),
    identityStore.listOrgs(),
    identityStore.listOrgIds(),
    createCosmosRevocationStore(control).readChanges(1),
    createCosmosNewerFormats(control).list(),
    createCosmosVersionUse(control).list(),
  ]);
}

function askEvents(container: Container): Promise<unknown>[] {
  const { findOccupants, query } = createCosmosEventStore(container);
  const after = { timestamp: "2026-11-02", id: "e1" };
  const page = { from: "2026-11-01", to: "2026-12-01", limit: 10, after };
  const eventTypes = ["failed"];
  return [
    findOccupants("org", ["e1", "e2", "e3", "e4", "e5"]),
    query("org", page),
    query("org", { ...page, userIds: ["mary"], eventTypes, schemaVersions: [2] }),
    query("org", { ...page, eventTypes }),
    createCosmosColumnStore(container).list("org", { eventType: "failed", after, limit: 10 }),
    ...columnNames.map((column) => query("org", { ...page, eventTypes, columns: [{ column, values: ["v"] }] })),
  ];
}

function askQuarantine(container: Container): Promise<unknown>[] {
  const { query, findOlder } = createCosmosQuarantineStore(container);
  const page = { from: "2026-11-01", to: "2026-12-01", limit: 10, after: { receivedAt: "2026-11-02", id: "r:1" } };
  const older = { before: "2026-11-02", orgId: "org", limit: 10 };
  return [
    query("org", page),
    query("org", { ...page, code: "wrong_type" }),
    query("org", { ...page, code: "wrong_type", eventType: "failed" }),
    findOlder(older),
    findOlder({ ...older, received: { received_at: "2026-11-01", id: "r:1" } }),
  ];
}

function askJobs(container: Container): Promise<unknown>[] {
  const jobs = createCosmosJobStore(container);
  return [jobs.list("org", { limit: 10 }), jobs.listLive("org"), drain(jobs.findLive())];
}

async function drain(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pages);
}

function unservedBy(definitions: Readonly<Record<ContainerName, ContainerDefinition>>): string[] {
  const found = asked.flatMap(({ container, query, parameters }) =>
    findUnserved(query, parameters, toContainerResource(definitions[container]).indexingPolicy).map(
      (part) => `${container}: ${part}`,
    ),
  );
  return [...new Set(found)];
}

it("indexes serve every condition and every ORDER BY", () => {
  expect(unservedBy(containers)).toEqual([]);
});

/** The definitions with one index less. */
function withoutOne(): [string, Readonly<Record<ContainerName, ContainerDefinition>>][] {
  return Object.values<ContainerDefinition>(containers).flatMap((definition) => {
    const without = (part: Partial<ContainerDefinition>) => ({
      ...containers,
      [definition.id]: { ...definition, ...part },
    });
    const { indexedPaths, compositeIndexes } = definition;
    return [
      ...indexedPaths.map((path): [string, ReturnType<typeof without>] => [
        `${definition.id} ${path}`,
        without({ indexedPaths: indexedPaths.filter((one) => one !== path) }),
      ]),
      ...compositeIndexes.map((index): [string, ReturnType<typeof without>] => [
        `${definition.id} ${index.map(({ path }) => path).join(" ")}`,
        without({ compositeIndexes: compositeIndexes.filter((one) => one !== index) }),
      ]),
    ];
  });
}

it.each(withoutOne())(
  "without the index %s a query is not served: no write pays for it in vain",
  (index, definitions) => {
    const isAsked = !notQueried.some((container) => index.startsWith(`${container} `));
    expect(unservedBy(definitions).length > 0).toBe(isAsked && !ofOlderReleases.includes(index));
  },
);

const escapePattern = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Texts of queries and of conditions in a file, each as a pattern in which anything stands for `${…}`. */
async function readPatterns(file: string): Promise<RegExp[]> {
  const source = await readFile(file, "utf8");
  const texts = [...source.matchAll(/(["`])((?:SELECT |\(?c\.\w+ )(?:(?!\1).)*)\1/g)].map(([, , text = ""]) => text);
  return texts.map((text) => new RegExp(escapePattern(text).replaceAll(/\\\$\\\{[^}]*\}/g, ".*")));
}

it("every query of one org filters by it: the partition key beside it is not sent with each request of the SDK", () => {
  const ofOrg = asked.filter(({ partitionKey, query }) => partitionKey !== undefined || query.includes("@org"));
  expect(ofOrg.length).toBeGreaterThan(10);
  const open = ofOrg.filter(({ query, parameters }) => {
    return !query.includes("c.org_id = @org") || parameters.get("@org") !== "org";
  });
  expect(open).toEqual([]);
});

it("every query and every condition that stands in `shared/` was asked here", async () => {
  const files = (await readdir("shared", { recursive: true })).filter((path) => /cosmos-[^/]+\.ts$/.test(path));
  const patterns = (await Promise.all(files.map((path) => readPatterns(`shared/${path}`)))).flat();
  expect(patterns.length).toBeGreaterThan(20);
  const missing = patterns.filter((pattern) => !asked.some(({ query }) => pattern.test(query)));
  expect(missing).toEqual([]);
});
