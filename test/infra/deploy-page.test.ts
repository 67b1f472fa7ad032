import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { providers } from "../../infra/arm/check-subscription.ts";
import { roleIds } from "../../infra/identity/roles.ts";

const page = await readFile("docs/deploy.md", "utf8");

describe("docs/deploy.md", () => {
  it("registers the providers that the preflight asks for", () => {
    const [, listed = ""] = /for PROVIDER in ([^;]+); do/.exec(page) ?? [];
    expect(listed.split(/[\s\\]+/)).toEqual([...providers]);
  });

  it("lets the deployer give the roles that the program gives, and no others", () => {
    const listed = page
      .split("\n")
      .flatMap((line) => (/^ROLES=/.test(line) ? line.match(/[0-9a-f-]{36}/g) : null) ?? []);
    expect(listed.toSorted()).toEqual(Object.values(roleIds).toSorted());
  });
});
