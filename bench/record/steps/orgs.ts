import { bearer, json, type RequestStep, type Step } from "../step.ts";
import { join } from "./sign-in.ts";

const orgs = "/api/v1/operator/orgs";

function create(name: string, body: string, keep?: RequestStep["keep"]): RequestStep {
  return { name, method: "POST", path: orgs, headers: bearer("operator"), body, ...(keep && { keep }) };
}

/** HTTP Basic with the answer's key: its id as the user, the whole key as the password. */
function basicOf(text: string): string {
  const [key = "", id = ""] = /hr_[^_]+_(\w{12})_\w+/.exec(text) ?? [];
  return Buffer.from(`${id}:${key}`).toString("base64");
}

/** A key of the first org, made by its admin and kept under its name. */
function createKey(name: string, scopes: readonly string[], keep: RequestStep["keep"] = {}): RequestStep {
  return {
    name: `create-key-${name}`,
    method: "POST",
    path: "/api/v1/keys",
    headers: bearer("cleoToken"),
    body: json({ name, scopes }),
    keep: { ...keep, [name]: /"key":"(hr_\w+)"/, [`${name}Id`]: /"key_id":"(\w+)"/ },
  };
}

const ofKeys = [
  ...["events:write", "events:read", "quarantine:replay", "schemas:manage", "subjects:erase"],
  ...["keys:manage", "audit:read"],
];

/** The orgs of a recording, with a key of each kind that the other requests use. */
export const makeOrgs: readonly Step[] = [
  create("create-org", json({ name: "recorded" }), {
    firstKey: /"key":"(hr_\w+)"/,
    firstAdmin: /"token":"([^"]+)"/,
  }),
  create("create-org-other", json({ name: "Ein anderer Org & Söhne" }), {
    other: /"key":"(hr_[^"]+)"/,
    otherId: /"org_id":"([^"]+)"/,
  }),
  { name: "first-key-reads", method: "GET", path: "/api/v1/events?limit=1", headers: bearer("firstKey") },
  { name: "first-key-manages", method: "GET", path: "/api/v1/keys", headers: bearer("firstKey") },
  ...join,
  createKey("key", ofKeys, { basic: basicOf }),
  createKey("writer", ["events:write"]),
  createKey("reader", ["events:read"]),
];

export const manageOrgs: readonly RequestStep[] = [
  create("create-org-again", json({ name: "recorded" })),
  create("create-org-no-name", json({})),
  create("create-org-empty-name", json({ name: "" })),
  create("create-org-number", json({ name: 7 })),
  create("create-org-control", json({ name: "a\u0007b" })),
  create("create-org-long", json({ name: "ü".repeat(300) })),
  create("create-org-unknown-field", json({ name: "x", color: "red" })),
  create("create-org-bad-json", '{"name": "x"'),
  create("create-org-name-twice", '{"name": "x", "name": "y"}'),
  create("create-org-no-body", ""),
  { name: "list-orgs", method: "GET", path: orgs, headers: bearer("operator") },
];
