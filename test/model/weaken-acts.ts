import type { QuarantineStore } from "../../shared/quarantine/quarantine-store.ts";
import type { Weaken } from "./model.ts";
import type { World } from "./world.ts";

/* How acts on events in quarantine may be weakened. */

const withQuarantine =
  (weakened: (quarantine: QuarantineStore, world: World) => Partial<QuarantineStore>): Weaken =>
  (ports, world) => ({ ...ports, quarantine: { ...ports.quarantine, ...weakened(ports.quarantine, world) } });

/** What is due goes by itself, before the sweep has seen it. */
export const ttlBeforeSweep = withQuarantine((_, world) => ({
  findOlder: async (query) => {
    for (const { org_id, id } of await world.quarantine.findOlder(query)) {
      const { etag = "" } = (await world.quarantine.read(org_id, id)) ?? {};
      await world.quarantine.delete(org_id, id, etag);
    }
    return [];
  },
}));

/** Takes the present ETag for the one that was read. */
export const actWithoutEtag = withQuarantine((quarantine, world) => ({
  replace: async (document, etag) => {
    const now = await world.quarantine.read(document.org_id, document.id);
    return quarantine.replace(document, now?.etag ?? etag);
  },
}));

export const noRemains = withQuarantine((quarantine) => ({
  replace: (document, etag) =>
    "ended" in document ? quarantine.delete(document.org_id, document.id, etag) : quarantine.replace(document, etag),
}));

/** Each try begins anew, whatever was decided. */
export const actByTry = withQuarantine((quarantine) => ({
  read: async (orgId, id) => {
    const found = await quarantine.read(orgId, id);
    if (!found || "ended" in found || found.act?.by === undefined) return found;
    const by = { ...found.act.by, audit_id: `audit:${Math.random()}` };
    return { ...found, act: { ...found.act, by } };
  },
}));
