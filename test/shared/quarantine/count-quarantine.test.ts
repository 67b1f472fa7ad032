import { expect, it } from "vitest";
import { countQuarantine } from "../../../shared/quarantine/count-quarantine.ts";
import type { QuarantineDocument } from "../../../shared/quarantine/quarantine-store.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { createMemoryQuarantineStore } from "../../support/memory-quarantine-store.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);
const principal = { orgId: "org", subject: "key:k", scopes: [], tokenId: "k" };

/** So many documents, of which some share their time. */
async function fill(count: number, typeOf: (i: number) => string) {
  const quarantine = createMemoryQuarantineStore();
  const made = Array.from(
    { length: count },
    (_, i): QuarantineDocument => ({
      ...{ id: `r:${i}`, org_id: "org", receipt_id: "r", index: i, path: "", message: "", raw: { text: "" } },
      ...{ received_at: new Date(Math.floor(i / 7)).toISOString(), code: "wrong_type", event_type: typeOf(i) },
    }),
  );
  await quarantine.create(made);
  return { quarantine, keys };
}

/** All answers, one after the other. */
async function countAll(deps: Awaited<ReturnType<typeof fill>>) {
  const answers = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query: URLSearchParams = new URLSearchParams(cursor === "" ? {} : { cursor });
    const answer = await countQuarantine(deps, principal, query);
    answers.push(answer);
    cursor = answer.next_cursor;
  }
  return answers;
}

it.each([
  [10_000, 1],
  [10_001, 2],
  [23_456, 3],
])("%i events are counted in %i answers, each once", async (count, answers) => {
  const found = await countAll(await fill(count, (i) => `type-${i % 3}`));
  expect(found).toHaveLength(answers);
  expect(found.reduce((sum, { total }) => sum + total, 0)).toBe(count);
  const groups = found.flatMap((answer) => answer.groups);
  expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(count);
});

it("an answer has at most 500 groups, and the next one goes on behind the last event that was counted", async () => {
  const found = await countAll(await fill(1_800, (i) => `type-${i}`));
  expect(found.map(({ groups }) => groups.length)).toEqual([500, 500, 500, 300]);
  expect(found.reduce((sum, { total }) => sum + total, 0)).toBe(1_800);
  const types = new Set(found.flatMap(({ groups }) => groups.map(({ event_type }) => event_type)));
  expect(types.size).toBe(1_800);
});

it("groups are told largest first, with the times of the oldest and the newest", async () => {
  const [answer] = await countAll(await fill(70, (i) => (i < 50 ? "many" : "few")));
  expect(answer?.groups).toMatchObject([
    { event_type: "many", count: 50, first_received_at: new Date(0).toISOString(), example: { index: 49 } },
    { event_type: "few", count: 20, last_received_at: new Date(9).toISOString() },
  ]);
});
