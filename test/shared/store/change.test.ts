import { expect, it } from "vitest";
import { change } from "../../../shared/store/change.ts";
import { createMemoryIdentityDocuments } from "../../support/memory-identity.ts";

const org = { id: "org", org_id: "acme", kind: "org", name: "Acme", created_at: "2026-11-25T10:00:00.000Z" } as const;

it("a change is decided anew while others are faster, and given up when they are every time", async () => {
  const documents = createMemoryIdentityDocuments();
  let decided = 0;
  const lose = (times: number) =>
    change({ ...documents, commit: async () => decided > times }, "acme", async () => {
      decided++;
      return { writes: [{ create: org }], result: decided };
    });
  expect(await lose(1)).toBe(2);
  decided = 0;
  await expect(lose(100)).rejects.toMatchObject({ code: "store_unavailable" });
  expect(decided).toBe(12);
});
