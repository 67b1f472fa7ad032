import type { Weaken } from "./model.ts";
import { storeTypes } from "./world.ts";

/** Deliberate weakenings of the algorithm, each of which the model must catch. They wrap ports; the real code stays as it is. */
export const weakenings: Readonly<Record<string, Weaken>> = {
  "ledger entry by work item instead of by receipt": (ports, _world, process, random) => {
    const delivery = `${process.name} ${random.below(1e9)}`;
    return {
      ...ports,
      ledger: {
        ...ports.ledger,
        readEntry: async () => undefined,
        createEntry: (entry) => ports.ledger.createEntry({ ...entry, id: `${entry.id} ${delivery}` }),
      },
    };
  },
  "day of processing in the event's key": (ports, _world, _process, random) => {
    const day = random.below(2);
    return {
      ...ports,
      events: {
        ...ports.events,
        create: (documents) =>
          ports.events.create(documents.map((document) => ({ ...document, id: `${document.id}.${day}` }))),
        findOccupants: async (orgId, ids) => {
          const found = await ports.events.findOccupants(
            orgId,
            ids.map((id) => `${id}.${day}`),
          );
          return new Map([...found].map(([id, occupant]) => [id.slice(0, -2), occupant]));
        },
      },
    };
  },
  "no ETag on merge": (ports, world) => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      merge: async (step) => {
        const active = await world.ledger.readActiveRollup(step.orgId, step.slot);
        const open = await world.ledger.findOpenEntries(step.orgId, step.slot, 1_000);
        const rollups = step.rollups.map(({ rollup }) => ({
          rollup,
          etag: rollup.id === active?.value.id ? active.etag : undefined,
        }));
        const entries = step.entries.flatMap((entry) => {
          const now = open.find(({ value }) => value.id === entry.id);
          return now ? [{ ...entry, etag: now.etag }] : [];
        });
        return ports.ledger.merge({ ...step, rollups, entries });
      },
    },
  }),
  "outcome by count instead of by create": (ports) => ({
    ...ports,
    events: {
      ...ports.events,
      // What was not created by this very try is taken for a duplicate.
      findOccupants: async (_orgId, ids) =>
        new Map(ids.map((id) => [id, { id, receiptId: "another", quarantined: [], etag: "" }])),
    },
  }),
  "claim check deleted early": (ports, world) => ({
    ...ports,
    claims: {
      ...ports.claims,
      get: async (name) => {
        const bytes = await ports.claims.get(name);
        world.claims.delete(name);
        return bytes;
      },
    },
  }),
  "quarantine without tombstone": (ports) => ({
    ...ports,
    events: {
      ...ports.events,
      create: async (documents) => {
        if (documents.every((document) => document.receipt_id === null))
          return documents.map(() => ({ status: "written" as const }));
        return ports.events.create(documents);
      },
    },
  }),
  "tombstone without marks": (ports) => ({
    ...ports,
    events: {
      ...ports.events,
      findOccupants: async (orgId, ids) => {
        const found = await ports.events.findOccupants(orgId, ids);
        return new Map([...found].map(([id, occupant]) => [id, { ...occupant, quarantined: [] }]));
      },
    },
  }),
  "ledger entry before the outcomes are known": (ports) => ({
    ...ports,
    events: {
      ...ports.events,
      create: async (documents) =>
        (await ports.events.create(documents)).map((result, i) => {
          const document = documents[i];
          const plain = document?.receipt_id !== null && document?.event_type !== storeTypes.refused;
          return result.status === "unavailable" && plain ? { status: "written" as const } : result;
        }),
    },
  }),
  "late redelivery not looked up in the ledger": (ports) => ({
    ...ports,
    ledger: { ...ports.ledger, readEntry: async () => undefined },
  }),
};
