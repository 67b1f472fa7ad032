import { decodeJwt } from "jose";
import { bearer, json, type RequestStep } from "../step.ts";

function call(name: string, method: string, path: string, more: Partial<RequestStep> = {}): RequestStep {
  return { name, method, path: `/api/v1/${path}`, headers: bearer("key"), ...more };
}

const keys: readonly RequestStep[] = [
  // A use is noted beside the request. From then on, no key here counts as never used.
  call("list-keys", "GET", "keys", { until: /^200 (?!.*"last_used_on":null)/ }),
  call("list-keys-parameter", "GET", "keys?all=1"),
  call("list-keys-head", "HEAD", "keys"),
  ...[
    json({ scopes: ["events:read"] }),
    json({ name: "", scopes: ["events:read"] }),
    json({ name: "x", scopes: [] }),
    json({ name: "x", scopes: ["events:read", "events:read"] }),
    json({ name: "x", scopes: ["members:manage"] }),
    json({ name: "x", scopes: "events:read" }),
    json({ name: "x\u0000", scopes: ["events:read"] }),
    json({ name: "x", scopes: ["events:read"], expires: 1 }),
    "[",
  ].map((body, index) => call(`create-key-bad-${index}`, "POST", "keys", { body })),
  call("create-key", "POST", "keys", {
    body: json({ name: "Ein Schlüssel", scopes: ["events:write", "keys:manage"] }),
    keep: { made: /"key":"(hr_\w+)"/, madeId: /"key_id":"(\w+)"/ },
  }),
  call("create-key-with-more", "POST", "keys", {
    headers: bearer("made"),
    body: json({ name: "x", scopes: ["events:read"] }),
  }),
  ...["-1", "0.5", '"0"', "7776001"].map((seconds) =>
    call(`rotate-key-overlap-${seconds}`, "POST", "keys/{{madeId}}/rotate", { body: `{"overlap_seconds":${seconds}}` }),
  ),
  call("rotate-key-unknown", "POST", "keys/000000000000/rotate"),
  call("rotate-key-garbage", "POST", "keys/x/rotate"),
  call("rotate-key-with-more", "POST", "keys/{{readerId}}/rotate", { headers: bearer("made") }),
  call("rotate-key", "POST", "keys/{{madeId}}/rotate", {
    keep: { nextId: /"key_id":"(\w+)"/, next: /"key":"(hr_\w+)"/ },
  }),
  call("rotate-key-again", "POST", "keys/{{madeId}}/rotate"),
  call("rotate-key-at-once", "POST", "keys/{{nextId}}/rotate", {
    body: json({ overlap_seconds: 0 }),
    keep: { lastId: /"key_id":"(\w+)"/ },
  }),
  call("rotated-key", "GET", "events", { headers: bearer("next"), until: /^401 / }),
  call("revoke-key-unknown", "DELETE", "keys/000000000000"),
  call("revoke-key-garbage", "DELETE", "keys/x"),
  call("revoke-key-of-another-org", "DELETE", "keys/{{madeId}}", { headers: bearer("adaToken") }),
  call("revoke-key", "DELETE", "keys/{{lastId}}"),
  call("revoke-key-again", "DELETE", "keys/{{lastId}}"),
  call("revoke-key-that-was-used", "DELETE", "keys/{{writerId}}"),
  call("rotate-key-revoked", "POST", "keys/{{writerId}}/rotate"),
  call("revoked-key", "POST", "events", { headers: bearer("writer"), body: json({ event_type: "x" }), until: /^401 / }),
  call("list-keys-after", "GET", "keys", { until: /^200 (?=(.*"last_used_on":null){2})/ }),
];

function token(
  name: string,
  body: string,
  headers: RequestStep["headers"] = {},
  keep?: RequestStep["keep"],
): RequestStep {
  const type = { "content-type": "application/x-www-form-urlencoded" };
  return {
    ...{ name: `token-${name}`, method: "POST", path: "/api/v1/auth/token", body, headers: { ...type, ...headers } },
    ...(keep && { keep }),
  };
}

const granted = "grant_type=client_credentials&client_secret={{key}}";

const tokens: readonly RequestStep[] = [
  token("all-scopes", granted, {}, { keyToken: /"access_token":"([^"]+)"/ }),
  token(
    "one-scope",
    `${granted}&scope=events:read`,
    {},
    {
      readToken: /"access_token":"([^"]+)"/,
      readTokenJti: (text) => String(decodeJwt(/"access_token":"([^"]+)"/.exec(text)?.[1] ?? "").jti),
    },
  ),
  token("two-scopes", `${granted}&scope=events:read%20audit:read`),
  token("client-id", `${granted}&client_id=000000000000`),
  token("scope-lacking", "grant_type=client_credentials&client_secret={{reader}}&scope=events:write"),
  token("scope-unknown", `${granted}&scope=everything`),
  token("scope-empty", `${granted}&scope=%20`),
  token("grant-missing", "client_secret={{key}}"),
  token("grant-other", "grant_type=password&client_secret={{key}}"),
  token("secret-missing", "grant_type=client_credentials"),
  token("secret-malformed", "grant_type=client_credentials&client_secret=x"),
  token("secret-foreign", "grant_type=client_credentials&client_secret={{foreign}}"),
  token("secret-revoked", "grant_type=client_credentials&client_secret={{writer}}"),
  token("twice", `${granted}&grant_type=client_credentials`),
  token("twice-unknown", `${granted}&a=1&a=2`),
  token("empty", ""),
  token("json", json({ grant_type: "client_credentials" }), { "content-type": "application/json" }),
  token("no-type", granted, { "content-type": "text/plain" }),
  token("basic", "grant_type=client_credentials", { authorization: "Basic {{basic}}" }),
  token("basic-and-body", granted, { authorization: "Basic {{basic}}" }),
  token("basic-malformed", "grant_type=client_credentials", { authorization: "Basic ???" }),
  token("basic-half", "grant_type=client_credentials", { authorization: "Basic YQ==" }),
  token("basic-percent", "grant_type=client_credentials", { authorization: "Basic JTolenp6" }),
  token("bearer", "grant_type=client_credentials", { authorization: "Bearer {{key}}" }),
  token("too-large", "a".repeat(70_000)),
];

const use: readonly RequestStep[] = [
  call("token-used", "GET", "events?limit=1&from=2020-01-01T00:00:00Z&to=2020-01-01T00:00:01Z", {
    headers: bearer("readToken"),
  }),
  call("token-lacks-scope", "GET", "keys", { headers: bearer("readToken") }),
  call("token-changed", "GET", "keys", { headers: { authorization: "Bearer {{keyToken}}A" } }),
  call("revoke-token-garbage", "DELETE", "tokens/x"),
  call("revoke-token-unknown", "DELETE", "tokens/01900000-0000-7000-8000-000000000000"),
  call("revoke-token", "DELETE", "tokens/{{readTokenJti}}"),
  call("revoke-token-again", "DELETE", "tokens/{{readTokenJti}}"),
  call("token-revoked", "GET", "events", { headers: bearer("readToken"), until: /^401 / }),
];

export const keysAndTokens: readonly RequestStep[] = [...keys, ...tokens, ...use];
