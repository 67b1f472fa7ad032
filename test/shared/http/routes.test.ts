import { describe, expect, it } from "vitest";
import { type Route, routes } from "../../../shared/http/routes.ts";
import { keyScopes, operatorScopes, orgScopes, roleScopes, roles } from "../../../shared/identity/roles.ts";

describe("the table of routes", () => {
  it("answers to anyone only where a credential is made or nobody needs one", () => {
    const open = Object.entries<Route>(routes).filter(([, { access }]) => access === "anyone");
    expect(open.map(([name]) => name).sort()).toEqual([
      "begin-sign-in",
      "choose-org",
      "complete-sign-in",
      "issue-token",
      "join-org",
      "live",
      ...["posthog-config", "posthog-config-script", "posthog-flags"],
      "read-contract",
      "read-docs",
      "read-key-set",
      "read-well-known-key-set",
      "ready",
      "refresh-session",
      "rudder-config",
      "segment-settings",
      "show-join",
      "show-signed-in",
      "sign-out",
    ]);
  });

  it("asks the store about every change that outlives a token, and about nothing else", () => {
    const changes = Object.entries<Route>(routes).filter(([, route]) => route.changes);
    expect(changes.map(([name]) => name).sort()).toEqual([
      "backfill-schema-type",
      "change-member",
      "change-schema-settings",
      "change-schema-status",
      "change-schema-type",
      "create-key",
      "discard-quarantine",
      "discard-quarantined",
      "invite-member",
      "register-schema",
      "remove-member",
      "replay-quarantine",
      "replay-quarantined",
      "revoke-key",
      "rotate-key",
      "withdraw-invitation",
    ]);
  });

  it("names no scope that nobody can have", () => {
    const known: readonly string[] = [...orgScopes, ...operatorScopes, "anyone"];
    for (const { access } of Object.values<Route>(routes)) expect(known).toContain(access);
  });
});

describe("roles", () => {
  it("each have the scopes of the one before, and none has a scope of the operator's", () => {
    for (const [i, role] of roles.slice(1).entries()) {
      const before = roles[i];
      for (const scope of before ? roleScopes[before] : []) expect(roleScopes[role]).toContain(scope);
      expect(roleScopes[role].length).toBeGreaterThan(before ? roleScopes[before].length : 0);
    }
    const ofOrgs: readonly string[] = orgScopes;
    for (const scope of operatorScopes) expect(ofOrgs).not.toContain(scope);
  });

  it("that manage members cannot be given to an API key", () => {
    const ofKeys: readonly string[] = keyScopes;
    expect(ofKeys).not.toContain("members:manage");
    expect(ofKeys).not.toContain("sessions:own");
    expect(ofKeys).not.toContain("quarantine:discard");
    expect(ofKeys).not.toContain("schemas:force");
  });
});
