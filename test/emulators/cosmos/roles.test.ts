import { CosmosClient } from "@azure/cosmos";
import { expect, onTestFinished, test } from "vitest";
import { refusePublicNames } from "../../../local/emulators/cosmos/firewall.ts";
import { dataContributor, type RoleAssignment } from "../../../local/emulators/cosmos/roles.ts";
import type { CosmosEmulatorOptions } from "../../../local/emulators/cosmos/server.ts";
import { localIdentity } from "../../../local/emulators/managed-identity/identity.ts";
import { findSurroundings, forgeToken } from "../key-vault/support.ts";
import { refusal, startWorld, type World } from "./support.ts";

const NAMES = ["c1", "c2"] as const;

/** An account with two containers in the database `test`, for keys and tokens. */
async function startSecure(options: Partial<CosmosEmulatorOptions>): Promise<World> {
  const { certificate, keys } = await findSurroundings();
  const world = await startWorld({ tls: { certificate, tokenKeys: keys.verifying }, ...options });
  world.clock.now = Date.now();
  onTestFinished(() => world.close());
  for (const _ of NAMES) await world.createContainer({});
  return world;
}

/** As the app. */
async function connect(world: World): Promise<CosmosClient> {
  const { keys } = await findSurroundings();
  const token = await forgeToken(keys, { aud: world.endpoint });
  const getToken = async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 });
  const client = new CosmosClient({ endpoint: world.endpoint, aadCredentials: { getToken } });
  onTestFinished(() => client.dispose());
  return client;
}

const action = (name: string): string => `Microsoft.DocumentDB/databaseAccounts/${name}`;

function forbidden(name: string, resource: string): object {
  const said =
    `principal [${localIdentity.principalId}] does not have required RBAC permissions to perform action ` +
    `[${action(name)}] on resource [${resource}].`;
  return { code: 403, substatus: 5301, message: expect.stringContaining(said) };
}

test("a role at a container's scope allows everything in it, and neither its database nor another container", async () => {
  const world = await startSecure({ roles: () => [{ scope: "/dbs/test/colls/c1", actions: dataContributor }] });
  const client = await connect(world);
  const database = client.database("test");
  const [first, second] = NAMES.map((name) => database.container(name));
  await first?.items.create({ id: "1", org_id: "o" });
  expect((await first?.items.query("SELECT * FROM c ORDER BY c.id").fetchAll())?.resources).toHaveLength(1);
  expect((await first?.read())?.resource).toMatchObject({ id: "c1" });
  expect((await client.getDatabaseAccount()).resource?.consistencyPolicy).toBe("Session");
  expect(await refusal(database.read())).toMatchObject(forbidden("readMetadata", "dbs/test"));
  expect(await refusal(database.containers.readAll().fetchAll())).toMatchObject(forbidden("readMetadata", "dbs/test"));
  const other = second?.read() ?? Promise.resolve();
  expect(await refusal(other)).toMatchObject(forbidden("readMetadata", "dbs/test/colls/c2"));
});

test("without a role even the account is refused, and the same client goes on when the role has come", async () => {
  const roles: RoleAssignment[] = [];
  const client = await connect(await startSecure({ roles: () => roles }));
  const read = () => client.database("test").container("c1").item("1", ["o", "1"]).read();
  expect(await refusal(read())).toMatchObject(forbidden("readMetadata", "/"));
  roles.push({ scope: "/dbs/test", actions: dataContributor });
  expect((await read()).statusCode).toBe(404);
  expect((await client.database("test").read()).statusCode).toBe(200);
});

test("each action is one of its own: who may read may not write, and who may not read metadata can do nothing", async () => {
  const items = "sqlDatabases/containers/items";
  const reader = ["readMetadata", `${items}/read`, "sqlDatabases/containers/executeQuery"].map(action);
  let actions: readonly string[] = reader;
  const world = await startSecure({ roles: () => [{ scope: "/", actions }] });
  const container = (await connect(world)).database("test").container("c1");
  const create = () => container.items.create({ id: "1", org_id: "o" });
  const resource = "dbs/test/colls/c1";
  expect((await container.items.query("SELECT * FROM c").fetchAll()).resources).toEqual([]);
  expect(await refusal(create())).toMatchObject(forbidden(`${items}/create`, resource));
  expect(await refusal(container.item("1", ["o", "1"]).delete())).toMatchObject(forbidden(`${items}/delete`, resource));
  actions = dataContributor.filter((one) => one !== action("readMetadata"));
  const blind = (await connect(world)).database("test").container("c1");
  expect(await refusal(blind.read())).toMatchObject(forbidden("readMetadata", "/"));
});

test("a request may ask for the account's consistency or less; the account itself is told to everyone", async () => {
  let level: "Eventual" | "Session" | "Strong" = "Eventual";
  await using world = await startWorld({ consistency: () => level });
  const container = await world.createContainer({});
  const client = new CosmosClient({ endpoint: world.endpoint, key: world.key, consistencyLevel: "Session" });
  onTestFinished(() => client.dispose());
  const create = (id: string) => client.database("test").container(container.id).items.create({ id, org_id: "o" });
  expect((await client.getDatabaseAccount()).resource?.consistencyPolicy).toBe("Eventual");
  expect(await refusal(create("1"))).toMatchObject({
    code: 400,
    message: expect.stringContaining("ConsistencyLevel Session specified in the request is invalid"),
  });
  for (const enough of ["Session", "Strong"] as const) {
    level = enough;
    expect((await create(enough)).statusCode).toBe(201);
  }
});

test("a name that leads to the public address is refused by the firewall, in the service's words", async () => {
  const gate = refusePublicNames((host) => host === "localhost");
  await using world = await startWorld({ gate, regionalHost: "localhost" });
  expect((await world.client.getDatabaseAccount()).resource?.readableLocations[0]?.databaseAccountEndpoint).toBe(
    `${world.endpoint.replace("127.0.0.1", "localhost")}/`,
  );
  // The SDK goes to the region, once it has read of it.
  expect(await refusal(world.client.database("test").read())).toMatchObject({
    code: 403,
    message: expect.stringContaining("through public internet. This is blocked by your Cosmos DB account firewall"),
  });
});

test("a document of a container that is not there is not found for another reason than a missing document", async () => {
  await using world = await startWorld();
  const container = await world.createContainer({});
  const read = (id: string) => world.client.database("test").container(id).item("1", ["o", "1"]).read();
  expect(await read(container.id)).toMatchObject({ statusCode: 404, substatus: undefined });
  expect(await read("nowhere")).toMatchObject({ statusCode: 404, substatus: 1003 });
});
