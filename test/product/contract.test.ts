import { describe, expect, it } from "vitest";
import { type Route, type RouteName, routes } from "../../shared/http/routes.ts";
import { contract, type Node } from "../support/contract.ts";
import { keepForeignBytes } from "../support/foreign-bytes.ts";
import { makeLiveJob } from "../support/live-job.ts";
import { addMember, enter, makeEmptyOrg, makeInvitation } from "../support/people.ts";
import { cosmos, identity, type Json, makeOrg, product, until, withKey } from "../support/product.ts";

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: "path" | "query"; readonly example?: unknown }[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: Node }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly example?: Node }> }>;
}
const operations = contract.paths as Record<string, Record<string, Described>>;
const ran = new Set<string>();

interface Given {
  readonly credential?: string;
  /** What the example cannot know: ids that were made here, and secrets. */
  readonly path?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, string>>;
}

/** Sends an operation's example as the contract has it, and compares what is answered with what it shows. */
async function run(name: RouteName, { credential, path = {}, body = {} }: Given = {}, expected?: number) {
  const { method, path: template }: Route = routes[name];
  const described = operations[`/${template}`]?.[method.toLowerCase()];
  if (!described) throw new Error(`the contract has no ${name}`);
  const { parameters = [], requestBody, responses } = described;
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(String(path[part])));
  const search = new URLSearchParams();
  for (const one of parameters)
    if (one.in === "query" && one.example !== undefined) search.set(one.name, String(one.example));
  const [type = "", media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const sent = { ...media?.example, ...body };
  const isForm = type === "application/x-www-form-urlencoded";
  const response = await fetch(`${product.baseUrl}/${filled}${search.size > 0 ? `?${search}` : ""}`, {
    method,
    redirect: "manual",
    headers: {
      origin: product.baseUrl,
      ...(requestBody && { "content-type": type }),
      ...(credential && { authorization: `Bearer ${credential}` }),
    },
    ...(requestBody && { body: isForm ? new URLSearchParams(sent as Record<string, string>) : JSON.stringify(sent) }),
  });
  ran.add(name);
  const text = await response.text();
  const [status] = Object.keys(responses);
  expect([name, response.status, text], name).toEqual([name, expected ?? Number(status), text]);
  const shown = responses[response.status]?.content?.["application/json"]?.example;
  const answered = text.startsWith("{") ? (JSON.parse(text) as Json) : {};
  if (shown) expect(Object.keys(answered), name).toEqual(expect.arrayContaining(Object.keys(shown)));
  return answered;
}

describe("each example of the contract, as it stands there", () => {
  it("of sending and reading is answered as it says", async () => {
    const org = await makeOrg();
    const { receipt_id } = await run("ingest-events", { credential: org.key });
    await org.settled(receipt_id);
    const given = { credential: org.key, path: { receipt_id, event_id: "o-17-paid" } };
    expect(await run("read-receipt", given)).toMatchObject({ status: "settled", stored: 2 });
    expect(await run("query-events", given)).toMatchObject({ events: [{ event_id: "o-17-paid" }] });
    for (const name of ["read-event", "query-metrics", "query-ledger"] as const) await run(name, given);
    await run("posthog-batch", { credential: org.key });
    await run("posthog-events", { credential: org.key });
    await run("posthog-page", { credential: org.key });
    await run("posthog-page-e", { credential: org.key });
    await run("posthog-flags");
    await run("posthog-config", { path: { write_key: "hrp_x" } });
    await run("posthog-config-script", { path: { write_key: "hrp_x" } });
    await run("segment-call", { credential: org.key, path: { call: "track" } });
    await run("rudder-beacon", { credential: org.key });
    await run("rudder-config");
    await run("otlp-logs", { credential: org.key });
    await run("segment-settings", { path: { write_key: "hrp_x" } });
    const bad = await org.post([{ event_type: "order_paid" }, { event_type: "order_paid", user_id: 7 }]);
    await org.settled(bad.body.receipt_id);
    const kept = { ...given, path: { quarantine_id: `${String(bad.body.receipt_id)}:1` } };
    for (const name of ["list-quarantine", "count-quarantine", "read-quarantined"] as const) await run(name, kept);
  });

  it("of ending what waits in quarantine is answered as it says", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "admin");
    const org = withKey(orgId, await identity.makeApiKey(orgId));
    const { body } = await org.post([{ event_type: "order_paid" }, { event_type: "order_paid", user_id: 7 }]);
    await org.settled(body.receipt_id);
    const path = { quarantine_id: `${String(body.receipt_id)}:1` };
    const { token: credential } = await enter("ada", orgId);
    await run("replay-quarantined", { credential, path });
    await run("discard-quarantined", { credential, path });
    for (const name of ["replay-quarantine", "discard-quarantine"] as const) await run(name, { credential });
    const job_id = await makeLiveJob(cosmos.containers, orgId, 1);
    for (const name of ["list-jobs", "read-job", "stop-job", "continue-job"] as const)
      await run(name, { credential, path: { job_id } });
  });

  it("of schemas is answered as it says", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "admin");
    const { token: credential } = await enter("ada", orgId);
    await run("check-schema", { credential });
    await run("register-schema", { credential }, 201);
    for (const name of ["register-schema", "list-schemas", "read-schema-type", "read-schema-version"] as const)
      await run(name, { credential });
    for (const name of ["change-schema-type", "change-schema-status", "change-schema-settings"] as const)
      await run(name, { credential });
    await run("backfill-schema-type", { credential });
  });

  it("of people, keys and tokens is answered as it says", async () => {
    const orgId = await makeEmptyOrg();
    await addMember(orgId, "ada", "admin");
    const member_id = await addMember(orgId, "ben", "member");
    const { token: credential } = await enter("ada", orgId);
    const { sessionId: session_id } = await enter("ada", orgId);
    const { invitation } = (await run("invite-member", { credential })) as { invitation: Json };
    const { key, api_key } = (await run("create-key", { credential })) as { key: string; api_key: Json };
    const { access_token } = await run("issue-token", { body: { client_secret: key } });
    const claims = Buffer.from(String(access_token).split(".")[1] ?? "", "base64url").toString();
    const { jti: token_id } = JSON.parse(claims) as Json;
    const path = { ...invitation, ...api_key, member_id, session_id, token_id };
    for (const name of [
      ...([
        "list-members",
        "withdraw-invitation",
        "change-member",
        "remove-member",
        "list-keys",
        "revoke-token",
      ] as const),
      ...(["rotate-key", "revoke-key", "list-sessions", "end-session", "query-audit"] as const),
    ])
      await run(name, { credential, path });
  });

  it("of the operator is answered as it says", async () => {
    const credential = product.operatorKey;
    const made = await run("operator-create-org", { credential });
    for (const name of [
      ...(["operator-list-orgs", "operator-invite-admin", "operator-suspend-org", "operator-resume-org"] as const),
      ...(["operator-repair-ledger", "operator-rotate", "operator-read-state"] as const),
      "operator-read-versions" as const,
    ])
      await run(name, { credential, path: made });
    const quarantine_id = await keepForeignBytes();
    for (const name of ["list-quarantine", "read-quarantined", "discard-quarantined"] as const)
      await run(`operator-${name}`, { credential, path: { quarantine_id } });
    const { key, key_id } = made.api_key as { key: string; key_id: string };
    const org = withKey(String(made.org_id), { key, keyId: key_id });
    await until(async () => (await org.get("/api/v1/events")).status === 200);
  });

  it("of signing in is answered as it says, or refused where a browser's cookie is missing", async () => {
    const orgId = await makeEmptyOrg();
    for (const name of ["begin-sign-in", "show-join", "show-signed-in", "sign-out"] as const)
      await run(name, {}, name === "sign-out" ? 204 : 200);
    await run("join-org", { body: { invitation: await makeInvitation(orgId, "viewer") } });
    await run("complete-sign-in", { path: { provider: "local" } }, 400);
    await run("choose-org", {}, 400);
    await run("refresh-session", {}, 401);
    for (const name of [
      "read-key-set",
      "read-well-known-key-set",
      "live",
      "ready",
      "read-contract",
      "read-docs",
    ] as const)
      await run(name);
  });

  it("was run", () => {
    expect([...ran].sort()).toEqual(Object.keys(routes).sort());
  });
});

describe("the contract", () => {
  const url = `${product.baseUrl}/api/v1/openapi.json`;

  it("is answered to anyone, as this checkout makes it", async () => {
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
    const { info, ...document } = (await answer.json()) as Node;
    expect(document).toEqual(JSON.parse(JSON.stringify({ ...contract, info: undefined })));
    expect(info).toMatchObject({ title: "Headrace" });
  });

  it("is kept by caches, and not sent again to one that has it", async () => {
    const { headers } = await fetch(url);
    const etag = headers.get("etag") ?? "";
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await fetch(url, { headers: { "if-none-match": known } });
      expect([known, again.status, await again.text(), again.headers.get("etag")]).toEqual([known, 304, "", etag]);
    }
    expect((await fetch(url, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    expect((await fetch(url, { method: "HEAD" })).headers.get("etag")).toBe(etag);
  });
});
