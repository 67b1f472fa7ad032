import type { QuarantineMark } from "../../shared/event/decide-outcome.ts";
import type { QuarantineStore } from "../../shared/quarantine/quarantine-store.ts";
import type { Weaken } from "./model.ts";
import { type World, written } from "./world.ts";

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

const ACT = /^(replay|discard|sweep the)/;

/** A replay goes on before the store has answered. */
export const adjustmentBeforeAnswer: Weaken = (ports, _world, process) => {
  if (!ACT.test(process.name)) return ports;
  const { events } = ports;
  const create: typeof events.create = async (documents) => {
    if (documents.some(({ receipt_id }) => receipt_id === null)) return events.create(documents);
    const [first] = documents;
    const there = first && (await events.findOccupants(first.org_id, [first.id])).size > 0;
    if (there) return events.create(documents);
    events.create(documents).catch(() => undefined);
    return documents.map(() => written);
  };
  return { ...ports, events: { ...events, create } };
};

/** What the store refused by a replay may still be stored by a slower one of the same try. */
export const ownTombstoneGivesWay: Weaken = (ports) => {
  const { events } = ports;
  const findOccupants: typeof events.findOccupants = async (orgId, ids) => {
    const found = await events.findOccupants(orgId, ids);
    const without = (marks: readonly QuarantineMark[]) => marks.filter(({ mark }) => !mark.includes("#"));
    return new Map([...found].map(([id, one]) => [id, { ...one, quarantined: without(one.quarantined) }]));
  };
  return { ...ports, events: { ...events, findOccupants } };
};

/** The document ends although nobody has answered whether its adjustment is there. */
export const adjustmentUnanswered: Weaken = (ports) => {
  const { ledger } = ports;
  const createEntries: typeof ledger.createEntries = async (step) => {
    const result = await ledger.createEntries(step);
    const adjusts = step.entries.some(({ kind }) => kind === "adjustment");
    return adjusts && result.status === "unavailable" ? written : result;
  };
  return { ...ports, ledger: { ...ledger, createEntries } };
};
