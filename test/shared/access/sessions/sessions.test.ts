import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type {
  IdentityDocuments,
  MemberDocument,
  SessionDocument,
} from "../../../../shared/access/documents/identity-documents.ts";
import { createRevoke } from "../../../../shared/access/revocations/revocations.ts";
import { makeSessionId } from "../../../../shared/access/sessions/refresh-token.ts";
import {
  refreshSession,
  type SessionsDeps,
  signOut,
  startSession,
} from "../../../../shared/access/sessions/sessions.ts";
import { AppError } from "../../../../shared/errors.ts";
import { createKeyRing, type KeyRing } from "../../../../shared/receipt/key-ring.ts";
import { type LogFields, type Logger, silent } from "../../../../shared/telemetry/log.ts";
import { createMemoryIdentityDocuments } from "../../../support/memory-identity.ts";
import { createMemoryRevocationStore, type MemoryRevocationStore } from "../../../support/memory-revocation-store.ts";

const SECOND = 1_000;
const DAY = 24 * 3_600 * SECOND;
const START = Date.parse("2026-11-25T10:00:00Z");
const from = { clientAddress: "192.0.2.1", requestId: "r" };

const member: MemberDocument = {
  ...{ id: "member:a", org_id: "acme", kind: "member", member_id: "a", role: "member" },
  ...{ issuer: "https://issuer.example", subject: "a", label: "Ada", joined_at: "2026-11-25T00:00:00.000Z" },
  invited_by: "operator:x",
};

interface World {
  readonly deps: SessionsDeps;
  readonly documents: IdentityDocuments;
  readonly revocations: MemoryRevocationStore;
  readonly warnings: LogFields[];
  readonly log: Logger;
  now: number;
  keys: KeyRing;
}

function makeWorld(documents: IdentityDocuments = createMemoryIdentityDocuments()): World {
  const warnings: LogFields[] = [];
  const revocations = createMemoryRevocationStore(() => world.now);
  const world: World = {
    ...{ documents, revocations, warnings, now: START },
    keys: createKeyRing([Buffer.alloc(32, 1)]),
    log: { ...silent, warn: (message, fields) => void warnings.push({ message, ...fields }) },
    deps: {
      documents,
      revoke: createRevoke(revocations, { keepMs: DAY }),
      now: () => world.now,
      keyRings: { current: async () => world.keys, knowing: async () => world.keys },
    },
  };
  return world;
}

async function begin(world: World): Promise<{ token: string; sessionId: string }> {
  await world.documents.commit("acme", [{ create: member }]);
  const sessionId = makeSessionId();
  const token = await startSession(world.deps, { ...from, subject: member.id }, member, {
    ...{ sessionId, provider: "local", clientAgent: "test" },
  });
  return { token, sessionId };
}

async function refresh(world: World, token: string): Promise<string> {
  try {
    return (await refreshSession(world.deps, from, token, world.log)).token;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

let world: World;
beforeEach(() => {
  world = makeWorld();
});

it("a sign-in that is completed a second time starts no other session", async () => {
  const { sessionId } = await begin(world);
  const again = { sessionId, provider: "local", clientAgent: "test" };
  await expect(startSession(world.deps, { ...from, subject: member.id }, member, again)).rejects.toMatchObject({
    code: "sign_in_expired",
  });
});

describe("refresh tokens", () => {
  it("are kept as hashes only, and each gives the next one of its session", async () => {
    const { token, sessionId } = await begin(world);
    const second = await refresh(world, token);
    const third = await refresh(world, second);
    expect(new Set([token, second, third]).size).toBe(3);
    for (const one of [token, second, third]) {
      expect(one).toMatch(/^hrr_acme_[0-9A-Za-z-]{22}_[\w-]{71}$/);
      expect(one).toContain(sessionId);
    }
    const stored = JSON.stringify(await world.documents.list("session", "acme"));
    for (const one of [token, second, third]) expect(stored).not.toContain(one.slice(-71));
  });

  it("give the same successor again within 10 seconds, while that is unused, and after it end the session", async () => {
    const { token, sessionId } = await begin(world);
    const second = await refresh(world, token);
    world.now += 10 * SECOND;
    expect(await refresh(world, token)).toBe(second);
    world.now += 1;
    expect(await refresh(world, token)).toBe("refresh_refused");
    expect(await refresh(world, second)).toBe("refresh_refused");
    const { changes } = await world.revocations.readChanges(undefined);
    expect(changes).toEqual([expect.objectContaining({ kind: "cut-off", key: `session acme ${sessionId}` })]);
    expect(world.warnings).toHaveLength(1);
    expect(world.warnings[0]?.message).toContain("security");
  });

  it("end the session at once when the successor was used, also within 10 seconds", async () => {
    const { token } = await begin(world);
    const second = await refresh(world, token);
    const third = await refresh(world, second);
    expect(await refresh(world, token)).toBe("refresh_refused");
    expect(await refresh(world, third)).toBe("refresh_refused");
    const action = "session.refresh_token_reused";
    expect(await world.documents.findAudit("acme", { limit: 9, action })).toHaveLength(1);
  });

  it("that are made up for a session that someone has seen do not end it", async () => {
    const { token, sessionId } = await begin(world);
    const forged = `hrr_acme_${sessionId}_${"A".repeat(71)}`;
    const changed = `${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`;
    for (const wrong of [forged, changed, "", "x", token.slice(1), token.replace("acme", "other")]) {
      expect(await refresh(world, wrong)).toBe("refresh_refused");
      await signOut(world.deps, from, wrong);
    }
    const next = await refresh(world, token);
    expect(next).toMatch(/^hrr_/);
    // A token of the family that is old by now does sign out, and once is enough.
    await signOut(world.deps, from, token);
    await signOut(world.deps, from, token);
    const ends = await world.deps.documents.findAudit("acme", { limit: 10, action: "session.ended" });
    expect(ends).toHaveLength(1);
    expect(await refresh(world, next)).toBe("refresh_refused");
  });

  it("are idle for 30 days at most, and live for 90 in all", async () => {
    const { token } = await begin(world);
    world.now += 30 * DAY - 1;
    let current = await refresh(world, token);
    world.now += 30 * DAY - 1;
    current = await refresh(world, current);
    world.now += 30 * DAY - 1;
    current = await refresh(world, current);
    expect(current).toMatch(/^hrr_/);
    world.now = START + 90 * DAY;
    expect(await refresh(world, current)).toBe("refresh_refused");

    const idle = makeWorld();
    const other = await begin(idle);
    idle.now += 30 * DAY;
    expect(await refresh(idle, other.token)).toBe("refresh_refused");
  });

  it("give the same successor whichever key signs by now", async () => {
    const { token } = await begin(world);
    const second = await refresh(world, token);
    world.keys = createKeyRing([Buffer.alloc(32, 2), Buffer.alloc(32, 1)]);
    expect(await refresh(world, token)).toBe(second);
    const third = await refresh(world, second);
    expect(third).toMatch(/^hrr_/);
    expect(await refresh(world, second)).toBe(third);
  });

  it("of a member who was removed are refused", async () => {
    const { token } = await begin(world);
    const found = await world.documents.read("member", "acme", member.id);
    const replace = { ...member, removed_at: new Date(world.now).toISOString() };
    await world.documents.commit("acme", [{ replace, etag: found?.etag ?? "" }]);
    expect(await refresh(world, token)).toBe("refresh_refused");
    // Nor do they come back with a member who joins again: a removed person may have left one behind.
    const gone = await world.documents.read("member", "acme", member.id);
    const rejoined = { ...member, joined_at: new Date(world.now).toISOString() };
    await world.documents.commit("acme", [{ replace: rejoined, etag: gone?.etag ?? "" }]);
    expect(await refresh(world, token)).toBe("refresh_refused");
  });
});

/** Holds every call to the store until the schedule lets it go: fast-check chooses the order. */
function interleaved(documents: IdentityDocuments, s: fc.Scheduler): IdentityDocuments {
  return {
    ...documents,
    read: (kind, orgId, id) => s.schedule(Promise.resolve(), "read").then(() => documents.read(kind, orgId, id)),
    commit: (orgId, writes) => s.schedule(Promise.resolve(), "commit").then(() => documents.commit(orgId, writes)),
  };
}

describe("refreshes at the same time", () => {
  it("of one token, in any order of reads and writes, get one and the same successor, and sign nobody out", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 5 }), async (s, tabs) => {
        const plain = createMemoryIdentityDocuments();
        const { token } = await begin(makeWorld(plain));
        const racing = makeWorld(interleaved(plain, s));
        const answers = Array.from({ length: tabs }, () => refresh(racing, token));
        const got = await s.waitFor(Promise.all(answers));
        expect(new Set(got).size).toBe(1);
        expect(got[0]).toMatch(/^hrr_/);
        expect(await refresh(makeWorld(plain), got[0] ?? "")).toMatch(/^hrr_/);
      }),
      { numRuns: 300 },
    );
  });

  it("in any order of events: at most one token of a session is good, and an old one never gives a new one", async () => {
    // Which of the known tokens is presented, after how many seconds.
    const step = fc.record({ which: fc.nat(), after: fc.constantFrom(0, 1, 9, 10, 11, 3_600) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const model = makeWorld();
        const { token } = await begin(model);
        const seen = [token];
        let rotatedAt = Number.NEGATIVE_INFINITY;
        let ended = false;
        for (const { which, after } of steps) {
          model.now += after * SECOND;
          const index = which % seen.length;
          const got = await refresh(model, seen[index] ?? "");
          if (!ended && index === seen.length - 1) {
            expect(seen).not.toContain(got);
            expect(got).toMatch(/^hrr_/);
            seen.push(got);
            rotatedAt = model.now;
          } else if (!ended && index === seen.length - 2 && model.now - rotatedAt <= 10 * SECOND) {
            expect(got).toBe(seen.at(-1));
          } else {
            ended = true;
            expect(got).toBe("refresh_refused");
          }
        }
        const [session] = (await model.documents.list("session", "acme")) as { value: SessionDocument }[];
        expect(session?.value.ended_at !== undefined).toBe(ended);
      }),
      { numRuns: 500 },
    );
  });
});
