import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type Route, routes } from "../../../shared/http/routes.ts";
import { keyScopes, operatorScopes, orgScopes, roleScopes, roles } from "../../../shared/identity/roles.ts";

interface Binding {
  readonly file: string;
  readonly name: string | undefined;
  readonly methods: string | undefined;
  readonly path: string | undefined;
}

/** What each file of functions/http registers. */
async function readBindings(): Promise<Binding[]> {
  const files = await readdir("functions/http");
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(`functions/http/${file}`, "utf8");
      const [, name] = /app\.http\("([^"]+)"/.exec(text) ?? [];
      const [, methods] = /methods: (\[[^\]]+\])/.exec(text) ?? [];
      const [, path] = /route: "([^"]+)"/.exec(text) ?? [];
      return { file, name, methods, path };
    }),
  );
}

describe("the table of routes", () => {
  it("has every function of functions/http, with its method and path, and no other", async () => {
    const bindings = await readBindings();
    const table: Readonly<Record<string, Route>> = routes;
    for (const { file, name, methods, path } of bindings) {
      expect(name, file).toBeDefined();
      const route = table[name ?? ""];
      expect(route?.path, `${file} has no entry in shared/http/routes.ts, or one of another path`).toBe(path);
      expect(JSON.parse(methods ?? "[]"), file).toContain(route?.method);
    }
    expect(bindings.map(({ name }) => name).sort()).toEqual(Object.keys(routes).sort());
  });

  it("answers to anyone only where a credential is made or nobody needs one", () => {
    const open = Object.entries<Route>(routes).filter(([, { access }]) => access === "anyone");
    expect(open.map(([name]) => name).sort()).toEqual([
      "begin-sign-in",
      "choose-org",
      "complete-sign-in",
      "issue-token",
      "join-org",
      "live",
      "read-key-set",
      "read-well-known-key-set",
      "ready",
      "refresh-session",
      "show-join",
      "show-signed-in",
      "sign-out",
    ]);
  });

  it("names no scope that nobody can have", () => {
    const known: readonly string[] = [...orgScopes, ...operatorScopes, "anyone"];
    for (const { access } of Object.values<Route>(routes)) expect(known).toContain(access);
  });
});

describe("roles", () => {
  it("each have what the one before them has, and none has anything of the operator's", () => {
    for (const [i, role] of roles.slice(1).entries()) {
      const before = roles[i];
      for (const scope of before ? roleScopes[before] : []) expect(roleScopes[role]).toContain(scope);
      expect(roleScopes[role].length).toBeGreaterThan(before ? roleScopes[before].length : 0);
    }
    const ofOrgs: readonly string[] = orgScopes;
    for (const scope of operatorScopes) expect(ofOrgs).not.toContain(scope);
  });

  it("that manage members are no API key's", () => {
    const ofKeys: readonly string[] = keyScopes;
    expect(ofKeys).not.toContain("members:manage");
    expect(ofKeys).not.toContain("sessions:own");
  });
});
