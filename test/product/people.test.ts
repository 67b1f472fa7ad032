import { describe, expect, it } from "vitest";
import { type Route, routes } from "../../shared/http/routes.ts";
import { isOperatorScope, type Role, roleScopes } from "../../shared/identity/roles.ts";
import { createBrowser } from "../support/browser.ts";
import {
  addMember,
  auth,
  callAs,
  documents,
  enter,
  issuer,
  type Member,
  makeEmptyOrg,
  REFRESH,
  signIn,
} from "../support/people.ts";
import { identity, type Json, product, until, withKey } from "../support/product.ts";

interface Team {
  readonly orgId: string;
  readonly ada: Member;
  readonly ben: Member;
}

async function makeTeam(benRole: "viewer" | "member" | "admin" = "member"): Promise<Team> {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ada", "admin");
  await addMember(orgId, "ben", benRole);
  return { orgId, ada: await enter("ada", orgId), ben: await enter("ben", orgId) };
}

async function auditOf(member: Member, query = ""): Promise<Json[]> {
  const { status, body } = await member.call("GET", `/api/v1/audit${query}`);
  expect(status).toBe(200);
  return body.entries as Json[];
}

it("a new org's id does not end in a dot; an org from before, whose id does, works on", async () => {
  const name = `test-dot-${Math.random().toString(36).slice(2, 10)}.`;
  const refused = await callAs(product.operatorKey, "POST", "/api/v1/operator/orgs", { name });
  expect([refused.status, refused.body.code, refused.body.path]).toEqual([400, "invalid_body", "name"]);
  const orgId = await identity.makeOrg(name);
  expect(orgId).toBe(name);
  const org = withKey(orgId, await identity.makeApiKey(orgId));
  const { body } = await org.post({ event_type: "seen" });
  expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1 });
});

describe("the first admin of an org", () => {
  it("is invited by the operator, as long as there is none", async () => {
    const operator = (path: string, body?: unknown) => callAs(product.operatorKey, "POST", path, body);
    const name = `test-first-${Math.random().toString(36).slice(2, 10)}`;
    const made = await operator("/api/v1/operator/orgs", { name });
    const orgId = String(made.body.org_id);
    const path = `/api/v1/operator/orgs/${orgId}/admins`;
    const invited = await operator(path);
    expect(invited.status).toBe(201);
    const browser = createBrowser();
    await browser.post(`${auth}/join`, { invitation: String((invited.body.invitation as Json).token) });
    await signIn(browser, "ada");
    const ada = JSON.parse((await browser.post(`${auth}/refresh`)).text) as Json;
    expect([ada.org_id, ada.role]).toEqual([orgId, "admin"]);
    const again = await operator(path);
    expect([again.status, again.body.code]).toEqual([409, "org_has_admin"]);
    expect((await operator("/api/v1/operator/orgs/nobody-has-this/admins")).status).toBe(404);
    const trail = await callAs(String(ada.access_token), "GET", "/api/v1/audit");
    const lines = (trail.body.entries as Json[]).map(({ action, actor }) => [action, String(actor).split(":")[0]]);
    expect(lines.slice(0, 3)).toEqual([
      ["session.started", "member"],
      ["member.joined", "member"],
      ["member.invited", "operator"],
    ]);
    expect(
      lines
        .slice(3)
        .map(([action]) => action)
        .sort(),
    ).toEqual(["key.created", "member.invited", "org.created"]);
  });
});

describe("members", () => {
  it("are listed, invited, given roles and removed by admins, and by nobody else", async () => {
    const { ada, ben, orgId } = await makeTeam();
    const listed = await ada.call("GET", "/api/v1/members");
    expect((listed.body.members as Json[]).map(({ label, role }) => [label, role])).toEqual([
      ["ada", "admin"],
      ["ben", "member"],
    ]);
    for (const [method, path, body] of [
      ["GET", "/api/v1/members", undefined],
      ["POST", "/api/v1/members", { role: "admin" }],
      ["PATCH", `/api/v1/members/${ben.memberId}`, { role: "admin" }],
      ["DELETE", `/api/v1/members/${ada.memberId}`, undefined],
      ["GET", "/api/v1/keys", undefined],
      ["POST", "/api/v1/keys", { name: "x", scopes: ["events:read"] }],
      ["GET", "/api/v1/audit", undefined],
    ] as const) {
      const refused = await ben.call(method, path, body);
      expect([path, refused.status, refused.body.code]).toEqual([path, 403, "scope_missing"]);
    }
    const invited = await ada.call("POST", "/api/v1/members", { role: "viewer", note: "Cleo" });
    expect(invited.status).toBe(201);
    expect(invited.body.link).toBe(`${auth}/join#${String(invited.body.token)}`);
    const stored = JSON.stringify(await documents.list("invitation", orgId));
    expect(stored).not.toContain(invited.body.token);
    const open = (await ada.call("GET", "/api/v1/members")).body.invitations as Json[];
    expect(open.map(({ note, role }) => [note, role])).toEqual([["Cleo", "viewer"]]);
    const id = String(open[0]?.invitation_id);
    expect((await ada.call("DELETE", `/api/v1/invitations/${id}`)).status).toBe(204);
    expect((await ada.call("DELETE", `/api/v1/invitations/${id}`)).status).toBe(404);
    const late = await createBrowser().post(`${auth}/join`, { invitation: String(invited.body.token) });
    expect([late.status, late.text.includes("has expired or was withdrawn")]).toEqual([400, true]);
  });

  it("who are removed lose their sessions at once and their tokens within 30 s; a change of role ends the old tokens", async () => {
    const { ada, ben } = await makeTeam();
    const path = `/api/v1/members/${ben.memberId}`;
    expect((await ben.call("GET", "/api/v1/events")).status).toBe(200);
    const changed = await ada.call("PATCH", path, { role: "viewer" });
    expect((changed.body.member as Json).role).toBe("viewer");
    await until(async () => ((await ben.call("GET", "/api/v1/events")).status === 401 ? true : undefined), 30_000);
    const renewed = JSON.parse((await ben.browser.post(`${auth}/refresh`)).text) as Json;
    expect([renewed.role, String(renewed.scope)]).toEqual(["viewer", "events:read schemas:read sessions:own"]);
    expect((await callAs(String(renewed.access_token), "GET", "/api/v1/events")).status).toBe(200);
    expect((await ada.call("DELETE", path)).status).toBe(204);
    expect((await ada.call("DELETE", path)).status).toBe(204);
    expect((await ben.browser.post(`${auth}/refresh`)).status).toBe(401);
    const token = String(renewed.access_token);
    await until(async () => ((await callAs(token, "GET", "/api/v1/events")).status === 401 ? true : undefined), 30_000);
    expect((await ada.call("PATCH", path, { role: "admin" })).status).toBe(404);
    // A removed person can be invited again.
    await addMember(ada.orgId, "ben", "viewer");
    expect((await enter("ben", ada.orgId)).memberId).toBe(ben.memberId);
  });

  it("who may not invite any more lose their open invitations: nobody comes back by a link that they kept", async () => {
    const { ada, ben } = await makeTeam("admin");
    const [kept, shared] = await Promise.all(
      ["admin", "viewer"].map(async (role) => String((await ben.call("POST", "/api/v1/members", { role })).body.token)),
    );
    const join = async (token = ""): Promise<string> =>
      (await createBrowser().post(`${auth}/join`, { invitation: token })).text;
    const open = async (): Promise<number> =>
      ((await ada.call("GET", "/api/v1/members")).body.invitations as Json[]).length;
    expect([await join(kept), await open()]).toEqual([expect.stringContaining("You are invited"), 2]);
    const waiting = createBrowser();
    await waiting.post(`${auth}/join`, { invitation: kept ?? "" });

    expect((await ada.call("PATCH", `/api/v1/members/${ben.memberId}`, { role: "member" })).status).toBe(200);
    for (const token of [kept, shared]) expect(await join(token)).toContain("may not invite any more");
    expect(await open()).toBe(0);
    expect((await ada.call("DELETE", `/api/v1/members/${ben.memberId}`)).status).toBe(204);
    expect(await join(kept)).toContain("may not invite any more");
    // Nor can a person who looked at it while it was good.
    const late = await signIn(waiting, "ben");
    expect([late.status, waiting.cookie(auth, REFRESH)]).toEqual([400, undefined]);
  });

  it("who are removed or demoted change nothing more, not even in the 30 seconds that their tokens may go on", async () => {
    const { ada, ben } = await makeTeam("admin");
    const made = await ada.call("POST", "/api/v1/keys", { name: "ops", scopes: ["keys:manage", "events:read"] });
    const [key, keyId] = [String(made.body.key), String((made.body.api_key as Json).key_id)];
    const wanted = { name: "back door", scopes: ["events:read"] };
    const changes: [string, string, unknown][] = [
      ["PATCH", `/api/v1/members/${ben.memberId}`, { role: "admin" }],
      ["DELETE", `/api/v1/members/${ada.memberId}`, undefined],
      ["POST", "/api/v1/members", { role: "admin" }],
      ["DELETE", `/api/v1/invitations/${"A".repeat(43)}`, undefined],
      ["POST", "/api/v1/keys", wanted],
      ["POST", `/api/v1/keys/${keyId}/rotate`, {}],
      ["DELETE", `/api/v1/keys/${keyId}`, undefined],
    ];
    const path = `/api/v1/members/${ben.memberId}`;
    for (const [method, body, status] of [
      ["PATCH", { role: "member" }, 200],
      ["DELETE", undefined, 204],
    ] as const) {
      expect((await ada.call(method, path, body)).status).toBe(status);
      for (const [attempt, target, sent] of changes) {
        const refused = await ben.call(attempt, target, sent);
        expect([attempt, target, refused.status, refused.body.code]).toEqual([
          ...[attempt, target],
          ...[401, "credential_invalid"],
        ]);
      }
    }
    // Nor can a person who has found the token of an ended session.
    expect((await ada.browser.post(`${auth}/logout`)).status).toBe(204);
    expect((await ada.call("POST", "/api/v1/keys", wanted)).status).toBe(401);
    const again = await enter("ada", ada.orgId);
    expect((await callAs(key, "POST", "/api/v1/keys", wanted)).status).toBe(201);
    expect((await again.call("DELETE", `/api/v1/keys/${keyId}`)).status).toBe(204);
    expect((await callAs(key, "POST", "/api/v1/keys", wanted)).status).toBe(401);
  });

  it("keep at least one admin, also when two remove or demote each other at the same moment", async () => {
    const outcomes: string[] = [];
    for (let round = 0; round < 6; round++) {
      const { ada, ben, orgId } = await makeTeam("admin");
      const change = (by: Member, whom: Member) =>
        round % 2 === 0
          ? by.call("DELETE", `/api/v1/members/${whom.memberId}`)
          : by.call("PATCH", `/api/v1/members/${whom.memberId}`, { role: "viewer" });
      const answers = await Promise.all([change(ada, ben), change(ben, ada)]);
      outcomes.push(
        answers
          .map(({ status }) => status)
          .sort()
          .join(" "),
      );
      const members = (await documents.list("member", orgId)).map(({ value }) => value);
      const admins = members.filter(({ role, removed_at }) => role === "admin" && removed_at === undefined);
      expect(admins).toHaveLength(1);
      expect((await documents.read("org", orgId, "org"))?.value.admins).toEqual([admins[0]?.member_id]);
      const refused = answers.find(({ status }) => status >= 400);
      expect([409, 401]).toContain(refused?.status);
      if (refused?.status === 409) expect(refused.body.code).toBe("last_admin");
    }
    for (const outcome of outcomes) expect(outcome).toMatch(/^20[04] (409|401)$/);
    const { ada } = await makeTeam();
    const self = await ada.call("PATCH", `/api/v1/members/${ada.memberId}`, { role: "viewer" });
    expect([self.status, self.body.code]).toEqual([409, "last_admin"]);
  });

  it("answer bad input with the field", async () => {
    const { ada } = await makeTeam();
    const cases: [string, string, unknown, number, string][] = [
      ["POST", "/api/v1/members", { role: "owner" }, 400, "`role`"],
      ["POST", "/api/v1/members", { role: "viewer", expires_in_days: 31 }, 400, "`expires_in_days`"],
      ["POST", "/api/v1/members", { role: "viewer", org_id: "x" }, 400, "org_id"],
      ["PATCH", `/api/v1/members/${ada.memberId}`, {}, 400, "`role`"],
      ["PATCH", "/api/v1/members/x", { role: "viewer" }, 404, "member"],
      ["PATCH", `/api/v1/members/${"A".repeat(43)}`, { role: "viewer" }, 404, "member"],
      ["POST", "/api/v1/keys", { name: "", scopes: ["events:read"] }, 400, "`name`"],
      ["POST", "/api/v1/keys", { name: "x", scopes: [] }, 400, "`scopes`"],
      ["POST", "/api/v1/keys", { name: "x", scopes: ["members:manage"] }, 400, "`scopes.0`"],
      ["POST", "/api/v1/keys/x/rotate", { overlap_seconds: -1 }, 400, "`overlap_seconds`"],
      ["DELETE", "/api/v1/keys/x", undefined, 404, "API key"],
      ["DELETE", "/api/v1/sessions/x", undefined, 404, "session"],
      ["POST", "/api/v1/keys", { name: "x", scopes: ["events:read", "events:read"] }, 400, "`scopes`"],
      ["POST", "/api/v1/keys", { name: "a\u0000", scopes: ["events:read"] }, 400, "`name`: has a control character"],
      ["POST", "/api/v1/members", { role: "viewer", note: "\u202e" }, 400, "`note`: has a control character"],
      ["POST", "/api/v1/members", { role: "viewer", note: "\ud800" }, 400, "`note`: has half of a surrogate pair"],
      ["POST", "/api/v1/members", { role: "viewer", note: "n".repeat(201) }, 400, "at most 200 characters"],
      // An id that Cosmos DB does not take is not an outage of it.
      ...["a%23b", "a%3Fb", "%5C", "%00", "a%2Fb", "y".repeat(2_000)].flatMap((id): typeof cases => [
        ["DELETE", `/api/v1/keys/${id}`, undefined, 404, "API key"],
        ["POST", `/api/v1/keys/${id}/rotate`, {}, 404, "API key"],
        ["DELETE", `/api/v1/sessions/${id}`, undefined, 404, "session"],
        ["DELETE", `/api/v1/invitations/${id}`, undefined, 404, "invitation"],
        ["DELETE", `/api/v1/members/${id}`, undefined, 404, "member"],
      ]),
      ["GET", "/api/v1/sessions?member_id=ALL", undefined, 400, "`member_id`"],
      ["GET", "/api/v1/members?limit=1", undefined, 400, "`limit`"],
      ["GET", "/api/v1/keys?limit=1", undefined, 400, "`limit`"],
      ["GET", "/api/v1/audit?from=yesterday", undefined, 400, "`from`"],
      ["GET", "/api/v1/audit?action=x", undefined, 400, "`action`"],
      ["GET", "/api/v1/audit?cursor=x", undefined, 400, "cursor"],
    ];
    for (const [method, path, body, status, names] of cases) {
      const answer = await ada.call(method, path, body);
      expect([path, answer.status]).toEqual([path, status]);
      expect(String(answer.body.detail)).toContain(names);
    }
  });
});

describe("JSON that two readers would read differently", () => {
  it("is refused: a name twice, bytes that are not UTF-8", async () => {
    const { ada } = await makeTeam();
    const send = async (body: string | Uint8Array<ArrayBuffer>): Promise<[number, string]> => {
      const headers = { authorization: `Bearer ${ada.token}` };
      const answer = await fetch(`${product.baseUrl}/api/v1/members`, { method: "POST", headers, body });
      return [answer.status, String(((await answer.json()) as Json).detail)];
    };
    for (const body of [
      '{"role":"viewer","role":"admin"}',
      '{"role":"viewer","r\\u006fle" : "admin"}',
      '{"note":"\\"role\\":{","role":"viewer","role":"admin"}',
    ])
      expect(await send(body)).toEqual([400, expect.stringMatching(/has the name "r(o|\\u006f)le" twice/)]);
    const bytes = Buffer.from('{"role":"viewer","note":"x"}');
    bytes[bytes.indexOf("x")] = 0xff;
    expect(await send(new Uint8Array(bytes))).toEqual([400, "the body is not UTF-8"]);
    expect((await send('{"role":"viewer","note":"\\"role\\": role {}"}'))[0]).toBe(201);
  });
});

describe("every role, at every route", () => {
  it("is let in where the table says, and nowhere else", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "admin");
    for (const role of ["viewer", "member", "admin"] as const satisfies Role[]) {
      await addMember(orgId, "ben", role);
      const ben = await enter("ben", orgId);
      for (const [name, { method, path, access }] of Object.entries<Route>(routes)) {
        if (access === "anyone") continue;
        const sent = method === "GET" || method === "DELETE" ? undefined : {};
        const asked = path.replace("{call}", "track").replaceAll(/\{\w+\}/g, "x");
        const { status, body } = await ben.call(method, `/${asked}`, sent);
        const scopes: readonly string[] = roleScopes[role];
        const refused = status === 401 || body.code === "scope_missing";
        expect([role, name, refused]).toEqual([role, name, isOperatorScope(access) || !scopes.includes(access)]);
      }
      const left = await enter("ada", orgId);
      expect((await left.call("DELETE", `/api/v1/members/${ben.memberId}`)).status).toBe(204);
    }
  });
});

describe("API keys", () => {
  it("are made with a name and scopes, shown once, noted when used, and end when revoked", async () => {
    const { ada } = await makeTeam();
    const made = await ada.call("POST", "/api/v1/keys", { name: "importer", scopes: ["events:read"] });
    expect(made.status).toBe(201);
    const key = String(made.body.key);
    const keyId = String((made.body.api_key as Json).key_id);
    expect((await callAs(key, "GET", "/api/v1/events")).status).toBe(200);
    expect((await callAs(key, "GET", "/api/v1/keys")).status).toBe(403);
    const find = async (): Promise<Json | undefined> => {
      const { body } = await ada.call("GET", "/api/v1/keys");
      expect(JSON.stringify(body)).not.toContain(key.slice(-40));
      return (body.keys as Json[]).find(({ key_id }) => key_id === keyId);
    };
    const today = new Date().toISOString().slice(0, 10);
    const noted = await until(async () => {
      const found = await find();
      return found?.last_used_on === null ? undefined : found;
    });
    expect(noted).toMatchObject({ name: "importer", scopes: ["events:read"], created_by: `member:${ada.memberId}` });
    expect(noted.last_used_on).toBe(today);
    expect((await ada.call("DELETE", `/api/v1/keys/${keyId}`)).status).toBe(204);
    expect((await ada.call("DELETE", `/api/v1/keys/${keyId}`)).status).toBe(204);
    expect((await find())?.revoked_at).not.toBeNull();
    const gone = await until(async () => {
      const answer = await callAs(key, "GET", "/api/v1/events");
      return answer.status === 401 ? answer : undefined;
    }, 40_000);
    expect(gone.body.code).toBe("credential_revoked");
  });

  it("are rotated with both valid for a chosen overlap, once", async () => {
    const { ada } = await makeTeam();
    const made = await ada.call("POST", "/api/v1/keys", { name: "sdk", scopes: ["events:read", "events:write"] });
    const keyId = String((made.body.api_key as Json).key_id);
    const rotated = await ada.call("POST", `/api/v1/keys/${keyId}/rotate`, { overlap_seconds: 3_600 });
    expect(rotated.status).toBe(201);
    expect(rotated.body.api_key).toMatchObject({ name: "sdk", scopes: ["events:read", "events:write"] });
    for (const key of [made.body.key, rotated.body.key]) {
      expect((await callAs(String(key), "GET", "/api/v1/events")).status).toBe(200);
    }
    const again = await ada.call("POST", `/api/v1/keys/${keyId}/rotate`);
    expect([again.status, again.body.code]).toEqual([409, "key_replaced"]);
    const next = String((rotated.body.api_key as Json).key_id);
    const atOnce = await ada.call("POST", `/api/v1/keys/${next}/rotate`, { overlap_seconds: 0 });
    expect(atOnce.status).toBe(201);
    await until(
      async () => ((await callAs(String(rotated.body.key), "GET", "/api/v1/events")).status === 401 ? true : undefined),
      40_000,
    );
    expect((await callAs(String(atOnce.body.key), "GET", "/api/v1/events")).status).toBe(200);
    expect((await callAs(String(made.body.key), "GET", "/api/v1/events")).status).toBe(200);
  });

  it("are at most 100 in an org that work at once: the 101st is refused, with the limit and the oldest ones", async () => {
    const { ada, orgId } = await makeTeam();
    const there = ((await ada.call("GET", "/api/v1/keys")).body.keys as Json[]).length;
    await Promise.all(Array.from({ length: 99 - there }, () => identity.makeApiKey(orgId)));
    const wanted = { name: "sdk", scopes: ["events:read"] };
    const last = await ada.call("POST", "/api/v1/keys", wanted);
    expect(last.status).toBe(201);
    const { status, body } = await ada.call("POST", "/api/v1/keys", wanted);
    expect([status, body.code, body.limit]).toEqual([409, "too_many_keys", 100]);
    const keys = (await ada.call("GET", "/api/v1/keys")).body.keys as Json[];
    expect(keys).toHaveLength(100);
    const oldest = keys.slice(0, 5).map(({ created_at }) => created_at);
    expect((body.oldest_keys as Json[]).map(({ created_at }) => created_at)).toEqual(oldest);
    expect(Object.keys((body.oldest_keys as Json[])[0] ?? {})).toEqual([
      "key_id",
      "name",
      "created_at",
      "last_used_on",
    ]);
    const lastId = String((last.body.api_key as Json).key_id);
    expect((await ada.call("POST", `/api/v1/keys/${lastId}/rotate`)).body.code).toBe("too_many_keys");
    expect((await ada.call("DELETE", `/api/v1/keys/${String((body.oldest_keys as Json[])[0]?.key_id)}`)).status).toBe(
      204,
    );
    expect((await ada.call("POST", `/api/v1/keys/${lastId}/rotate`)).status).toBe(201);
  });

  it("give away no more than they have", async () => {
    const { ada } = await makeTeam();
    const made = await ada.call("POST", "/api/v1/keys", { name: "keys", scopes: ["keys:manage"] });
    const refused = await callAs(String(made.body.key), "POST", "/api/v1/keys", { name: "x", scopes: ["events:read"] });
    expect([refused.status, refused.body.code]).toEqual([403, "scope_missing"]);
    const rich = await ada.call("POST", "/api/v1/keys", { name: "rich", scopes: ["events:read"] });
    const richId = String((rich.body.api_key as Json).key_id);
    const rotated = await callAs(String(made.body.key), "POST", `/api/v1/keys/${richId}/rotate`, {});
    expect([rotated.status, rotated.body.code]).toEqual([403, "scope_missing"]);
  });
});

describe("sessions", () => {
  it("are seen and ended by their own member; an admin sees and ends everyone's of the org", async () => {
    const { ada, ben, orgId } = await makeTeam();
    const second = await enter("ben", orgId);
    const own = (await ben.call("GET", "/api/v1/sessions")).body.sessions as Json[];
    expect(own.map(({ session_id, current }) => [session_id, current])).toEqual([
      [second.sessionId, false],
      [ben.sessionId, true],
    ]);
    expect((await ben.call("GET", `/api/v1/sessions?member_id=${ada.memberId}`)).status).toBe(403);
    expect((await ben.call("DELETE", `/api/v1/sessions/${ada.sessionId}`)).status).toBe(404);
    const all = (await ada.call("GET", "/api/v1/sessions?member_id=all")).body.sessions as Json[];
    expect(all).toHaveLength(3);
    expect(JSON.stringify(all)).not.toContain("hash");
    expect((await ben.call("DELETE", `/api/v1/sessions/${second.sessionId}`)).status).toBe(204);
    expect((await second.browser.post(`${auth}/refresh`)).status).toBe(401);
    expect((await ben.browser.post(`${auth}/refresh`)).status).toBe(200);
    expect((await ada.call("DELETE", `/api/v1/sessions/${ben.sessionId}`)).status).toBe(204);
    const ended = await ben.browser.post(`${auth}/refresh`);
    expect([ended.status, ben.browser.cookie(`${auth}/refresh`, REFRESH)]).toEqual([401, undefined]);
    const because = (await auditOf(ada, "?action=session.ended")).map(({ details }) => (details as Json).because);
    expect(because).toEqual(["ended_by_admin", "ended_by_member"]);
  });

  it("refuse a refresh or sign-out that comes from no page of ours", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "viewer");
    const { browser } = await enter("ada", orgId);
    const cookie = browser.cookie(`${auth}/refresh`, REFRESH) ?? "";
    for (const origin of ["https://evil.example", "null", issuer, `${product.baseUrl}.evil.example`, undefined]) {
      for (const path of ["refresh", "logout"]) {
        const headers = { cookie: `${REFRESH}=${cookie}`, ...(origin === undefined ? {} : { origin }) };
        const answer = await fetch(`${auth}/${path}`, { method: "POST", headers });
        expect([origin, path, answer.status]).toEqual([origin, path, 403]);
        expect(((await answer.json()) as Json).code).toBe("origin_refused");
      }
    }
    expect((await browser.post(`${auth}/refresh`)).status).toBe(200);
    // A navigation or an image cannot do it either.
    expect((await fetch(`${auth}/refresh`, { headers: { cookie: `${REFRESH}=${cookie}` } })).status).toBe(405);
  });

  it("end with sign-out, for every tab", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "viewer");
    const { browser } = await enter("ada", orgId);
    const tab = browser.copy();
    expect((await browser.post(`${auth}/logout`)).status).toBe(204);
    expect(browser.cookie(`${auth}/refresh`, REFRESH)).toBeUndefined();
    expect((await tab.post(`${auth}/refresh`)).status).toBe(401);
    expect((await browser.post(`${auth}/logout`)).status).toBe(204);
  });

  it("survive refreshes at the same moment and lost answers, and end when an old token comes back", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "admin");
    const ada = await enter("ada", orgId);
    const thief = ada.browser.copy();
    const tabs = Array.from({ length: 8 }, () => ada.browser.copy());
    const answers = await Promise.all(tabs.map((tab) => tab.post(`${auth}/refresh`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const tokens = new Set(tabs.map((tab) => tab.cookie(`${auth}/refresh`, REFRESH)));
    expect(tokens.size).toBe(1);
    const [tab] = tabs;
    expect((await tab?.post(`${auth}/refresh`))?.status).toBe(200);
    const stolen = await thief.post(`${auth}/refresh`);
    expect([stolen.status, stolen.text.includes("was used before")]).toEqual([401, true]);
    expect((await tab?.post(`${auth}/refresh`))?.status).toBe(401);
    const again = await enter("ada", orgId);
    const [line] = await auditOf(again, "?action=session.refresh_token_reused");
    expect(line).toMatchObject({ actor: `member:${ada.memberId}`, target: `session:${ada.sessionId}` });
  });
});

describe("the audit trail", () => {
  it("says who did what, when, from where and in which request, newest first and page by page", async () => {
    const { ada, ben } = await makeTeam();
    const made = await ada.call("POST", "/api/v1/keys", { name: "k", scopes: ["events:read"] });
    await ada.call("PATCH", `/api/v1/members/${ben.memberId}`, { role: "viewer" });
    const whole = await auditOf(ada);
    expect(whole.map(({ action }) => action).slice(0, 2)).toEqual(["member.role_changed", "key.created"]);
    expect(whole[0]).toMatchObject({
      actor: `member:${ada.memberId}`,
      target: `member:${ben.memberId}`,
      details: { from: "member", to: "viewer" },
    });
    expect(whole[1]?.request_id).toBe(made.body.request_id);
    expect(whole[0]?.client_address).toBe("127.0.0.1");
    const paged: Json[] = [];
    let cursor: unknown = "";
    while (cursor !== null) {
      const { body } = await ada.call(
        "GET",
        `/api/v1/audit?limit=2${cursor === "" ? "" : `&cursor=${String(cursor)}`}`,
      );
      paged.push(...(body.entries as Json[]));
      cursor = body.next_cursor;
    }
    expect(paged).toEqual(whole);
  });

  it("is read by time", async () => {
    const { ada } = await makeTeam();
    const whole = await auditOf(ada);
    const [at = ""] = whole.map(({ timestamp }) => String(timestamp)).slice(1);
    const [since, before] = [await auditOf(ada, `?from=${at}`), await auditOf(ada, `?to=${at}`)];
    expect([...since, ...before]).toEqual(whole);
    expect([since.length, before.length].every((count) => count > 0)).toBe(true);
    const first = await ada.call("GET", `/api/v1/audit?limit=1&from=${at}`);
    const moved = await ada.call("GET", `/api/v1/audit?limit=1&cursor=${String(first.body.next_cursor)}`);
    expect([moved.status, moved.body.code]).toEqual([400, "invalid_cursor"]);
  });

  it("belongs to one org: a cursor of another org is worth nothing", async () => {
    const [one, other] = [await makeTeam(), await makeTeam()];
    const { body } = await other.ada.call("GET", "/api/v1/audit?limit=1");
    const answer = await one.ada.call("GET", `/api/v1/audit?limit=1&cursor=${String(body.next_cursor)}`);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_cursor"]);
  });

  it("has no line without its change, and no change without its line", async () => {
    const { ada, ben, orgId } = await makeTeam();
    const before = (await auditOf(ada)).length;
    // Twelve changes at once to the same member: each that took effect has one line, in the order in which they did.
    const wanted = Array.from({ length: 12 }, (_, i) => (["viewer", "member", "admin"] as const)[i % 3] ?? "viewer");
    const answers = await Promise.all(
      wanted.map((role) => ada.call("PATCH", `/api/v1/members/${ben.memberId}`, { role })),
    );
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 503)).toEqual([]);
    const lines = (await auditOf(ada)).slice(0, -before).filter(({ action }) => action === "member.role_changed");
    const found = await documents.read("member", orgId, `member:${ben.memberId}`);
    const reached = lines.map(({ details }) => (details as Json).to);
    expect(reached).toContain(found?.value.role);
    // Every line starts from where another one ended, but the first: they form one chain.
    const froms = lines.map(({ details }) => (details as Json).from);
    const ends = ["member", ...reached].sort();
    expect([...froms, found?.value.role].sort()).toEqual(ends);
  });
});
