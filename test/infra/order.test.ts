import { describe, expect, test } from "vitest";
import type { Registration } from "../../infra/plan/engine/registration.ts";
import { ofType, theOne, waitsFor } from "./support/registrations.ts";
import { readRuns } from "./support/runs.ts";

const { dev, prod, everything } = readRuns();
const stacks = [
  ["dev", dev.update],
  ["prod", prod.update],
  ["prod with every option", everything.update],
] as const;

describe.each(stacks)("the order in %s", (_, { registrations }) => {
  const all = (type: string) => ofType(registrations, type);
  const one = (type: string, name?: string) => theOne(registrations, type, name);
  const marks = all("pulumi:index:Stash");
  const app = one("web:WebApp");
  /** Those of the earlier that a later one does not wait for. */
  const notAwaited = (later: Registration, earlier: readonly Registration[]): string[] =>
    earlier.filter((each) => !waitsFor(registrations, later, each)).map(({ name, type }) => `${type} ${name}`);
  const ofTheApp = ({ urn }: Registration) => !/headrace:data:(Packages|Captures)\$/.test(urn);

  test("roles, containers, queues and endpoints are there before the app", () => {
    const roles = all("authorization:RoleAssignment").filter(ofTheApp);
    expect(roles.length).toBeGreaterThan(5);
    expect(notAwaited(app, roles)).toEqual([]);
    expect(notAwaited(app, all("cosmosdb:SqlResourceSqlRoleAssignment"))).toEqual([]);
    expect(notAwaited(app, all("storage:BlobContainer").filter(ofTheApp))).toEqual([]);
    expect(notAwaited(app, all("storage:Queue"))).toEqual([]);
    expect(notAwaited(app, all("cosmosdb:SqlResourceSqlContainer"))).toEqual([]);
    const endpoints = all("network:PrivateEndpoint").filter(({ urn }) => !urn.includes("::app-access"));
    expect(
      notAwaited(
        app,
        endpoints.filter(({ name }) => name !== "app"),
      ),
    ).toEqual([]);
  });

  test("roles in Cosmos DB come last, after its containers, its endpoint and all other roles", () => {
    for (const role of all("cosmosdb:SqlResourceSqlRoleAssignment")) {
      expect(notAwaited(role, all("authorization:RoleAssignment").filter(ofTheApp))).toEqual([]);
      expect(notAwaited(role, all("cosmosdb:SqlResourceSqlContainer"))).toEqual([]);
      expect(
        notAwaited(
          role,
          all("network:PrivateEndpoint").filter(({ name }) => name === "cosmos"),
        ),
      ).toEqual([]);
    }
  });

  test("roles in Cosmos DB, and endpoints, are made one by one", () => {
    for (const type of ["cosmosdb:SqlResourceSqlRoleAssignment", "network:PrivateEndpoint"])
      for (const [index, later] of all(type).entries())
        expect(notAwaited(later, all(type).slice(0, index))).toEqual([]);
  });

  test("an origin waits for the app, its approval for the origin, and the route for both and for the firewall", () => {
    const origins = all("cdn:AFDOrigin");
    expect(origins.length).toBeGreaterThan(0);
    for (const origin of origins) {
      expect(notAwaited(origin, [app])).toEqual([]);
      const approvals = marks.filter(({ name, urn }) => name === origin.name && urn.includes("headrace:edge:Origins$"));
      expect(approvals).toHaveLength(1);
      for (const approval of approvals) {
        expect(notAwaited(approval, [origin])).toEqual([]);
        expect(approval.inputs.input).toMatchObject({
          requestMessage: (origin.inputs.sharedPrivateLinkResource as { requestMessage: string }).requestMessage,
        });
        expect(approval.hooks.beforeCreate).toHaveLength(1);
        expect(notAwaited(one("cdn:Route"), [origin, approval])).toEqual([]);
      }
    }
    expect(notAwaited(one("cdn:Route"), [one("frontdoor:Policy"), ...all("cdn:SecurityPolicy")])).toEqual([]);
  });

  test("the release comes after the route, the roles and the names by which the app finds data", () => {
    const release = marks.find(({ name }) => name === "release");
    if (release === undefined) throw new Error("there is no release");
    const names = all("network:PrivateDnsZoneGroup").filter(({ name }) => name !== "app");
    expect(
      notAwaited(release, [app, one("cdn:Route"), ...all("authorization:RoleAssignment").filter(ofTheApp), ...names]),
    ).toEqual([]);
  });

  test("a lock waits for what stands on the account that it locks", () => {
    for (const lock of all("authorization:ManagementLockByScope"))
      expect(
        notAwaited(lock, [
          ...all("network:PrivateEndpoint").filter(({ name }) => name !== "app"),
          ...all("monitor:DiagnosticSetting"),
        ]),
      ).toEqual([]);
  });

  test("nothing is there before its zone is linked to the network", () => {
    for (const names of all("network:PrivateDnsZoneGroup")) {
      const zone = (names.inputs.privateDnsZoneConfigs as { name: string }[])[0]?.name ?? "";
      expect(notAwaited(names, [one("privatedns:VirtualNetworkLink", zone)])).toEqual([]);
    }
  });
});
