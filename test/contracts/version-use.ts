import { describe, expect, it } from "vitest";
import type { OrgUse, VersionUse } from "../../shared/operator/version-use.ts";
import { newOrg } from "./new-org.ts";

export interface VersionUseUnderTest {
  open(): Promise<VersionUse>;
  /** Of a service that fails every call. */
  openAway(): Promise<VersionUse>;
}

const november = (route: string, orgId: string | null, requests: number): OrgUse => ({
  ...{ route, orgId, lastUsedOn: "2026-11-30", months: { "2026-11": requests } },
});

/** The contract of every adapter of the use of routes that are to go. */
export function describeVersionUse(name: string, { open, openAway }: VersionUseUnderTest): void {
  describe(`use of versions: ${name}`, () => {
    it("what was used is added up by route, org and month, with the day of the last one", async () => {
      const use = await open();
      const [org, other] = [newOrg(), newOrg()];
      const route = `route-${org}`;
      await use.add(november(route, org, 1));
      await use.add(november(route, other, 5));
      await use.add(november(route, null, 7));
      await use.add({ route, orgId: org, lastUsedOn: "2026-12-01", months: { "2026-11": 2, "2026-12": 3 } });
      const found = (await use.list()).filter((one) => one.route === route);
      expect(found.sort((a, b) => (a.months["2026-11"] ?? 0) - (b.months["2026-11"] ?? 0))).toEqual([
        { route, orgId: org, lastUsedOn: "2026-12-01", months: { "2026-11": 3, "2026-12": 3 } },
        november(route, other, 5),
        november(route, null, 7),
      ]);
    });

    it("what instances add at the same time is all there", async () => {
      const use = await open();
      const org = newOrg();
      await Promise.all([1, 2, 3, 4, 5, 6].map((requests) => use.add(november("r", org, requests))));
      const found = (await use.list()).find(({ orgId }) => orgId === org);
      expect(found?.months).toEqual({ "2026-11": 21 });
    });

    it("a store that is away is `store_unavailable`", async () => {
      const use = await openAway();
      const expected = { code: "store_unavailable" };
      await expect(use.add(november("r", "acme", 1))).rejects.toMatchObject(expected);
      await expect(use.list()).rejects.toMatchObject(expected);
    });
  });
}
