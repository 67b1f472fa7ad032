import { type ConsistencyLevel, CosmosClient, PartitionKeyKind } from "@azure/cosmos";
import { refusePublicNames } from "@headrace/emulators/cosmos/firewall.ts";
import { watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { dataContributor, type RoleAssignment } from "@headrace/emulators/cosmos/roles.ts";
import { EMULATOR_KEY } from "@headrace/emulators/cosmos/server.ts";
import { expect, it, onTestFinished } from "vitest";
import { createReadiness } from "../../../shared/http/health.ts";
import { createCosmosCheck } from "../../../shared/store/check-cosmos.ts";
import { type ContainerName, containers, databaseName } from "../../../shared/store/containers.ts";
import { type Containers, connectCosmos } from "../../../shared/store/cosmos.ts";
import { findSurroundings, forgeToken } from "../../emulators/key-vault/support.ts";
import { type CosmosAccount, startCosmosAccount } from "../../support/cosmos-account.ts";

/** What readiness says of Cosmos DB; undefined when it is ready. A new instance each time. */
async function ask(check: (signal: AbortSignal) => Promise<void>): Promise<unknown> {
  const { status, body } = await createReadiness([{ name: "cosmos-db", check }], { timeoutMs: 20_000 })();
  const [found] = (body as { checks: readonly { error?: string }[] }).checks;
  expect(status).toBe(found?.error === undefined ? 200 : 503);
  return found?.error;
}

async function askNewInstance({ endpoint }: CosmosAccount): Promise<unknown> {
  const cosmos = connectCosmos({ endpoint, key: EMULATOR_KEY }, () => {
    throw new Error("it has a key");
  });
  onTestFinished(() => cosmos.close());
  return ask(cosmos.check);
}

const withoutIndexes = { indexingPolicy: { includedPaths: [], excludedPaths: [{ path: "/*" }] } };

it("an account as it is made is ready, and each container that differs is named with what it lacks", async () => {
  const account = await startCosmosAccount();
  expect(await askNewInstance(account)).toBeUndefined();
  await account.change("identity", { defaultTtl: 3_600 });
  await account.change("control", { ...withoutIndexes });
  expect(await askNewInstance(account)).toBe(
    "the time to live of the container identity is 3600, and must be -1; the container control lacks the index on /kind/?",
  );
  await account.makeAgain("identity", {
    partitionKey: { paths: ["/org_id", "/id"], kind: PartitionKeyKind.MultiHash, version: 2 },
  });
  await account.change("control", {});
  expect(await askNewInstance(account)).toBe(
    "the container identity is partitioned by /org_id, /id, and must be by /org_id",
  );
  await account.remove("registry");
  await account.makeAgain("identity");
  expect(await askNewInstance(account)).toBe("the container registry is not there");
});

it("an account whose default is too weak for session consistency is named, and is ready once it is strong enough", async () => {
  let level: `${ConsistencyLevel}` = "ConsistentPrefix";
  const account = await startCosmosAccount({ consistency: () => level });
  expect(await askNewInstance(account)).toBe(
    "the account's default consistency is ConsistentPrefix, and must be Session or stronger",
  );
  level = "BoundedStaleness";
  expect(await askNewInstance(account)).toBeUndefined();
});

/** The check of one instance, by tokens, that asks again at once about what was wrong. */
async function startWithRoles(roles: () => readonly RoleAssignment[]) {
  const { certificate, keys } = await findSurroundings();
  const account = await startCosmosAccount({ tls: { certificate, tokenKeys: keys.verifying }, roles });
  const token = await forgeToken(keys, { aud: account.endpoint });
  const getToken = async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 });
  const client = new CosmosClient({ endpoint: account.endpoint, aadCredentials: { getToken } });
  onTestFinished(() => client.dispose());
  return createCosmosCheck(client, handlesOf(client), { badMs: 0 });
}

function handlesOf(client: CosmosClient): Containers {
  const names = Object.keys(containers) as ContainerName[];
  const database = client.database(databaseName);
  return Object.fromEntries(names.map((name) => [name, database.container(name)])) as Containers;
}

it("a role on each container is enough", async () => {
  const scopes = Object.keys(containers).map((name) => `/dbs/${databaseName}/colls/${name}`);
  const check = await startWithRoles(() => scopes.map((scope) => ({ scope, actions: dataContributor })));
  expect(await ask(check)).toBeUndefined();
});

it("a role that is missing is named, one that arrives late heals, and so does one that is taken away and given back", async () => {
  const given = { scope: `/dbs/${databaseName}`, actions: dataContributor };
  const roles: RoleAssignment[] = [];
  const check = await startWithRoles(() => roles);
  const action = (name: string) => `Microsoft.DocumentDB/databaseAccounts/${name}`;
  const noRole = (name: string, on: string) =>
    `the app's identity has no role, or not yet, for ${action(name)} on ${on}`;
  expect(await ask(check)).toBe(noRole("readMetadata", "/"));
  // Some arrive before the others.
  roles.push({ scope: `/dbs/${databaseName}/colls/control`, actions: dataContributor });
  expect(await ask(check)).toMatch(
    /^the app's identity has no role, or not yet, for .*readMetadata on dbs\/headrace\/colls\//,
  );
  roles.splice(0, 1, { ...given, actions: [action("readMetadata")] });
  const items = "sqlDatabases/containers/items";
  expect(await ask(check)).toBe(noRole(`${items}/read`, `dbs/${databaseName}/colls/control`));
  roles.splice(0, 1, given);
  expect(await ask(check)).toBeUndefined();
  roles.pop();
  expect(await ask(check)).toBe(noRole(`${items}/read`, `dbs/${databaseName}/colls/control`));
  roles.push(given);
  expect(await ask(check)).toBeUndefined();
});

it("a firewall that refuses a name which leads to the public address is told as that, without the address", async () => {
  const isPublic = { regional: false };
  const gate = refusePublicNames((host) => isPublic.regional && host === "localhost");
  const account = await startCosmosAccount({ gate, regionalHost: "localhost" });
  isPublic.regional = true;
  const said = await askNewInstance(account);
  expect(said).toBe(
    "its firewall refuses what comes through the public internet: in the private zone, the account's own name or its " +
      "regional name does not lead to the private endpoint",
  );
  isPublic.regional = false;
  expect(await askNewInstance(account)).toBeUndefined();
});

it("containers are compared once, and a probe costs one request from then on", async () => {
  const asked: string[] = [];
  const account = await startCosmosAccount({ gate: watchRequests(({ resourceType }) => asked.push(resourceType)) });
  await ask(account.cosmos.check);
  asked.length = 0;
  for (let i = 0; i < 3; i++) expect(await ask(account.cosmos.check)).toBeUndefined();
  expect(asked).toEqual(["docs", "docs", "docs"]);
});

it("what is put right is seen, what changes is noticed when the verdict is old, and many probes compare once", async () => {
  let now = 0;
  const asked: string[] = [];
  const account = await startCosmosAccount({ gate: watchRequests(({ resourceType }) => asked.push(resourceType)) });
  const times = { goodMs: 600_000, badMs: 5_000, now: () => now };
  const check = createCosmosCheck(account.client, account.cosmos.containers, times);
  await account.change("control", { ...withoutIndexes });
  const wrong = "the container control lacks the index on /kind/?";
  asked.length = 0;
  expect(await Promise.all([ask(check), ask(check), ask(check)])).toEqual([wrong, wrong, wrong]);
  expect(asked.filter((type) => type === "colls")).toHaveLength(Object.keys(containers).length);
  await account.change("control", {});
  now = 4_999;
  expect(await ask(check)).toBe(wrong);
  now = 5_000;
  expect(await ask(check)).toBeUndefined();
  await account.change("control", { ...withoutIndexes });
  now += 599_999;
  expect(await ask(check)).toBeUndefined();
  now++;
  expect(await ask(check)).toBe(wrong);
});

it("what was found to be right stays so while only metadata cannot be read", async () => {
  let isThrottled = false;
  const throttled = {
    status: 429,
    headers: {},
    body: JSON.stringify({ code: "TooManyRequests", message: "too many" }),
  };
  const gate = {
    enter: async ({ route }: { route: { resourceType: string } }) =>
      isThrottled && route.resourceType === "colls" ? throttled : undefined,
  };
  const account = await startCosmosAccount({ gate });
  const check = createCosmosCheck(account.client, account.cosmos.containers, { goodMs: 0 });
  expect(await ask(check)).toBeUndefined();
  isThrottled = true;
  expect(await ask(check)).toBeUndefined();
  const later = createCosmosCheck(account.client, account.cosmos.containers);
  expect(await ask(later)).toBe("does not answer as it should");
  isThrottled = false;
  expect(await ask(later)).toBeUndefined();
});
