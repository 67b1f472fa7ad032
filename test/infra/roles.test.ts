import { access } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { appRoles, roleIds } from "../../infra/identity/roles.ts";

const root = new URL("../../", import.meta.url);

describe("every role of the app is used by code that is there, or by the host", () => {
  test.each(appRoles.map((row) => ({ ...row, title: `${row.role} on ${row.scope}` })))("$title", async ({ usedBy }) => {
    expect(usedBy.length).toBeGreaterThan(0);
    const files = usedBy.filter((user) => user !== "host").map((file) => fileURLToPath(new URL(file, root)));
    await expect(Promise.all(files.map((file) => access(file)))).resolves.toBeDefined();
  });
});

test("every built-in role that the program names is given to someone, by an id of its own", () => {
  const given = new Set(appRoles.map(({ role }) => role));
  expect(Object.keys(roleIds).toSorted()).toEqual([...given].toSorted());
  expect(new Set(Object.values(roleIds)).size).toBe(Object.keys(roleIds).length);
});
