import { describe, expect, it } from "vitest";
import { uuidv7 } from "../../shared/runtime/uuid.ts";
import type {
  OrgSchemasDocument,
  SchemaLineDocument,
  SchemaTypeDocument,
  SchemaVersionDocument,
} from "../../shared/schema/registry/registry-documents.ts";
import { typeIdOf, versionIdOf } from "../../shared/schema/registry/registry-ids.ts";
import type { RegistryStore } from "../../shared/schema/registry/registry-store.ts";
import { newOrg } from "./new-org.ts";

export interface RegistryStoreUnderTest {
  open(): Promise<RegistryStore>;
  /** Of a service that fails every call. */
  openAway(): Promise<RegistryStore>;
}

const at = "2026-11-30T10:00:00.000Z";

const makeSchemas = (org_id: string, strict = false): OrgSchemasDocument => ({
  ...{ id: "schemas", kind: "org_schemas", org_id, strict, types: [], told: true },
});

const makeType = (org_id: string, event_type: string, owner = ""): SchemaTypeDocument => ({
  ...{ id: typeIdOf(event_type), kind: "schema_type", org_id, event_type, owner, description: "語" },
  ...{ mode: "enforce", compatibility: "backward", created_at: at, created_by: "member:m", changed_at: at },
  versions: [{ version: 1, status: "active", created_at: at, created_by: "member:m", activated_at: at }],
});

const makeVersion = (org_id: string, event_type: string, version: number): SchemaVersionDocument => ({
  ...{ id: versionIdOf(event_type, version), kind: "schema_version", org_id, event_type, version },
  ...{ schema: { properties: { "": { const: null } } }, examples: [{}], description: "" },
});

const makeLine = (org_id: string): SchemaLineDocument => ({
  ...{ id: `line:${uuidv7(Date.parse(at))}`, kind: "schema_line", org_id },
  line: {
    ...{ auditId: "a", at, action: "schema.registered", target: "schema:x", details: { version: 1 } },
    actor: { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" },
  },
});

/** What a release adds when it writes is its own. */
const own = <T extends { readonly v?: number }>({ v, ...document }: T): Omit<T, "v"> => document;

async function etagOf(store: RegistryStore, org: string): Promise<string> {
  const found = await store.readSchemas(org);
  if (!found || found === "unchanged") throw new Error("it is there, and no ETag was given");
  return found.etag;
}

/** The contract of every adapter of the registry. */
export function describeRegistryStore(name: string, { open, openAway }: RegistryStoreUnderTest): void {
  describe(`registry store: ${name}`, () => {
    it("keeps what is committed together, for its org alone", async () => {
      const store = await open();
      const org = newOrg();
      // Any script, and what paths and ids do not take.
      const [type, version] = [makeType(org, "a/../b#語"), makeVersion(org, "a/../b#語", 1)];
      const writes = [makeSchemas(org), type, version].map((create) => ({ create }));
      expect(await store.commit(org, writes)).toBe(true);
      expect(own((await store.readType(org, type.event_type))?.value ?? type)).toEqual(type);
      expect(own((await store.readVersion(org, type.event_type, 1)) ?? version)).toEqual(version);
      expect((await store.listTypes(org)).map(own)).toEqual([type]);
      const other = newOrg();
      expect(await store.readSchemas(other)).toBeUndefined();
      expect(await store.readType(other, type.event_type)).toBeUndefined();
      expect(await store.readVersion(other, type.event_type, 1)).toBeUndefined();
      expect(await store.listTypes(other)).toEqual([]);
    });

    it("tells of what is not there: another type, and another version of one", async () => {
      const store = await open();
      const org = newOrg();
      await store.commit(org, [{ create: makeType(org, "a") }, { create: makeVersion(org, "a", 1) }]);
      expect(await store.readType(org, "A")).toBeUndefined();
      expect(await store.readVersion(org, "a", 2)).toBeUndefined();
      expect(await store.readVersion(org, "a:1", 1)).toBeUndefined();
    });

    it("says unchanged to the ETag of what is there, and gives anything else", async () => {
      const store = await open();
      const org = newOrg();
      await store.commit(org, [{ create: makeSchemas(org) }]);
      const etag = await etagOf(store, org);
      expect(await store.readSchemas(org, etag)).toBe("unchanged");
      await store.commit(org, [{ replace: makeSchemas(org, true), etag }]);
      const changed = await store.readSchemas(org, etag);
      expect(changed).toMatchObject({ value: { strict: true } });
      expect(await store.readSchemas(newOrg(), etag)).toBeUndefined();
    });

    it("commits all of the writes or none: what is created must not be there, what is replaced must not have changed", async () => {
      const store = await open();
      const org = newOrg();
      await store.commit(org, [{ create: makeSchemas(org) }]);
      const etag = await etagOf(store, org);
      const replace = { replace: makeSchemas(org, true), etag };
      expect(await store.commit(org, [{ create: makeType(org, "a") }, { create: makeSchemas(org) }])).toBe(false);
      expect(await store.readType(org, "a")).toBeUndefined();
      const both = ["a", "b"].map((type) => store.commit(org, [replace, { create: makeType(org, type) }]));
      const committed = await Promise.all(both);
      expect(committed.toSorted()).toEqual([false, true]);
      expect((await store.listTypes(org)).map(({ event_type }) => event_type)).toEqual([committed[0] ? "a" : "b"]);
      expect(await store.commit(org, [replace])).toBe(false);
    });

    it("lists the lines that wait, and deletes one, also when it is gone already", async () => {
      const store = await open();
      const org = newOrg();
      const lines = [makeLine(org), makeLine(org)];
      await store.commit(
        org,
        [...lines, makeType(org, "a")].map((create) => ({ create })),
      );
      const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
      expect((await store.listLines(org)).map(own).sort(byId)).toEqual([...lines].sort(byId));
      const [first, second] = lines.map(({ id }) => id);
      for (let times = 0; times < 2; times++) await store.deleteLine(org, first ?? "");
      expect((await store.listLines(org)).map(({ id }) => id)).toEqual([second]);
      expect(await store.listLines(newOrg())).toEqual([]);
    });

    it("catches up with what another one has written", async () => {
      const [store, other] = [await open(), await open()];
      const org = newOrg();
      await other.commit(org, [{ create: makeType(org, "a") }]);
      await store.catchUp(org);
      expect(await store.readType(org, "a")).toBeDefined();
    });

    it("a store that is away is `store_unavailable`", async () => {
      const store = await openAway();
      const org = newOrg();
      const expected = { code: "store_unavailable" };
      await expect(store.catchUp(org)).rejects.toMatchObject(expected);
      await expect(store.commit(org, [{ create: makeSchemas(org) }])).rejects.toMatchObject(expected);
      await expect(store.readSchemas(org)).rejects.toMatchObject(expected);
      await expect(store.readSchemas(org, "1")).rejects.toMatchObject(expected);
      await expect(store.readType(org, "a")).rejects.toMatchObject(expected);
      await expect(store.readVersion(org, "a", 1)).rejects.toMatchObject(expected);
      await expect(store.listTypes(org)).rejects.toMatchObject(expected);
      await expect(store.listLines(org)).rejects.toMatchObject(expected);
      await expect(store.deleteLine(org, "line:1")).rejects.toMatchObject(expected);
    });
  });
}
