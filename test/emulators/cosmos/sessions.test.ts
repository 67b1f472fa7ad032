import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConsistencyLevel, type Container, CosmosClient } from "@azure/cosmos";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { ReplicaLag } from "../../../local/emulators/cosmos/replicas/keep-sessions.ts";
import { RANGES, startWorld, type World } from "./support.ts";

/** A replica that is as it was when it was first asked. */
const frozen: ReplicaLag = { isLagging: () => true, isAlone: () => false, ms: Number.POSITIVE_INFINITY };

/** The same container through a client of its own. */
function through({ endpoint, key }: Pick<World, "endpoint" | "key">, container: Container, more: object): Container {
  const client = new CosmosClient({ endpoint, key, ...more });
  onTestFinished(() => client.dispose());
  return client.database(container.database.id).container(container.id);
}

const session = { consistencyLevel: ConsistencyLevel.Session };

const read = async (container: Container, id: string): Promise<number> =>
  (await container.item(id, ["o", id]).read()).statusCode;
const list = async (container: Container): Promise<string[]> => {
  const query = "SELECT VALUE c.id FROM c WHERE c.org_id = 'o'";
  return (await container.items.query<string>(query).fetchAll()).resources.sort();
};

test.each(RANGES)(
  "%i ranges: a read without a token may be behind, one with the token of the write before never is",
  async (partitionRanges) => {
    await using world = await startWorld({ lag: frozen, partitionRanges });
    const made = await world.createContainer({});
    const [writer, other, without] = [session, session, {}].map((more) => through(world, made, more));
    if (!writer || !other || !without) throw new Error("three clients");
    expect(await read(other, "a")).toBe(404);
    await writer.items.create({ id: "a", org_id: "o" });
    expect([await read(writer, "a"), await list(writer)]).toEqual([200, ["a"]]);
    // What another client wrote is not of this one's session.
    expect([await read(other, "a"), await list(other)]).toEqual([404, []]);
    expect([await read(without, "a"), await list(without)]).toEqual([404, []]);
    // A client without a consistency level sends no token, also after a write of its own.
    await without.items.create({ id: "b", org_id: "o" });
    expect([await read(without, "b"), await list(without)]).toEqual([404, []]);
  },
);

test.each<[string, (container: Container) => Promise<unknown>]>([
  ["409 to a create", (container) => container.items.create({ id: "a", org_id: "o" })],
  ["412 to a replace", (container) => replaceUnseen(container)],
  ["404 to a delete", (container) => container.item("nobody", ["o", "nobody"]).delete()],
])("a refused write, %s, brings the session up to date", async (status, write) => {
  await using world = await startWorld({ lag: frozen });
  const made = await world.createContainer({});
  const [writer, other] = [through(world, made, session), through(world, made, session)];
  expect(await read(other, "a")).toBe(404);
  await writer.items.create({ id: "a", org_id: "o" });
  expect(await read(other, "a")).toBe(404);
  await expect(write(other)).rejects.toMatchObject({ code: Number(status.slice(0, 3)) });
  expect([await read(other, "a"), await list(other)]).toEqual([200, ["a"]]);
});

test.each([true, false])("a batch that is done (%s), or undone, brings the session up to date", async (isDone) => {
  await using world = await startWorld({ lag: frozen });
  const made = await world.createContainer({});
  const [writer, other] = [through(world, made, session), through(world, made, session)];
  expect(await read(other, "a")).toBe(404);
  await writer.items.create({ id: "a", org_id: "o" });
  const operations = [
    { operationType: isDone ? ("Upsert" as const) : ("Create" as const), resourceBody: { id: "a", org_id: "o" } },
  ];
  const { result } = await other.items.batch(operations, ["o", "a"]);
  expect(result?.[0]?.statusCode).toBe(isDone ? 200 : 409);
  expect([await read(other, "a"), await list(other)]).toEqual([200, ["a"]]);
});

function replaceUnseen(container: Container): Promise<unknown> {
  const accessCondition = { type: "IfMatch", condition: '"unseen"' };
  return container.item("a", ["o", "a"]).replace({ id: "a", org_id: "o" }, { accessCondition });
}

test("a read whose session no replica has seen is a 404 with substatus 1002, which the SDK answers by dropping the token", async () => {
  await using world = await startWorld({ lag: { ...frozen, isAlone: () => true } });
  const made = await world.createContainer({});
  // The SDK tries again only where it may choose another endpoint.
  const patient = through(world, made, { ...session, connectionPolicy: { enableEndpointDiscovery: false } });
  const hasty = through(world, made, session);
  for (const container of [patient, hasty]) {
    expect(await read(container, "a")).toBe(404);
    await container.items.upsert({ id: "a", org_id: "o" });
  }
  const refused = await patient.item("a", ["o", "a"]).read();
  expect([refused.statusCode, refused.substatus]).toEqual([404, 1002]);
  const absent = await hasty.item("a", ["o", "a"]).read();
  expect([absent.statusCode, absent.substatus]).toEqual([404, undefined]);
});

test("whatever lags, what a session has read never goes back", async () => {
  const lag = { isLagging: () => false, isAlone: () => false, ms: 0 };
  await using world = await startWorld({ lag });
  const made = await world.createContainer({});
  const clients = [through(world, made, session), through(world, made, session)];
  const step = fc.record({
    client: fc.nat(1),
    write: fc.boolean(),
    lagging: fc.boolean(),
    caughtUp: fc.boolean(),
    id: fc.constantFrom("a", "b", "c"),
    org: fc.constantFrom("o", "p", "q"),
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      run++;
      const seen = [new Map<string, number>(), new Map<string, number>()];
      for (const [at, { client, write, lagging, caughtUp, id, org }] of steps.entries()) {
        const [container, known] = [clients[client] ?? made, seen[client] ?? new Map<string, number>()];
        const [org_id, key] = [`${org}${run}`, `${org} ${id}`];
        lag.isLagging = () => lagging;
        lag.ms = caughtUp ? 0 : Number.POSITIVE_INFINITY;
        if (write) await container.items.upsert({ id, org_id, at });
        const { resource } = write ? { resource: { at } } : await container.item(id, [org_id, id]).read();
        expect(resource?.at ?? -1).toBeGreaterThanOrEqual(known.get(key) ?? -1);
        known.set(key, resource?.at ?? -1);
      }
    }),
    { numRuns: 30 },
  );
});

test("tokens are good after a restart: the numbers of changes go on rising", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "cosmos-"));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  const first = await startWorld({ dataDir });
  const made = await first.createContainer({});
  const container = through(first, made, session);
  await container.items.create({ id: "a", org_id: "o" });
  const port = Number(new URL(first.endpoint).port);
  await first.close();
  await using second = await startWorld({ dataDir, port, lag: frozen });
  expect([await read(container, "a"), await list(container)]).toEqual([200, ["a"]]);
  expect(second.endpoint).toBe(first.endpoint);
});

test("a session token that is none is a 400", async () => {
  await using world = await startWorld();
  const container = await world.createContainer({});
  const options = { sessionToken: "rubbish" };
  await expect(container.item("a", ["o", "a"]).read(options)).rejects.toMatchObject({ code: 400 });
});
