import { bearer, json, type RequestStep } from "../step.ts";

const orgs = "/api/v1/operator/orgs";

function create(name: string, body: string, keep?: RequestStep["keep"]): RequestStep {
  return { name, method: "POST", path: orgs, headers: bearer("operator"), body, ...(keep && { keep }) };
}

/** HTTP Basic with the answer's key: its id as the user, the whole key as the password. */
function basicOf(text: string): string {
  const [key = "", id = ""] = /hr_[^_]+_(\w{12})_\w+/.exec(text) ?? [];
  return Buffer.from(`${id}:${key}`).toString("base64");
}

/** A key of the first org, kept under its name. */
function createKey(name: string, scopes: readonly string[]): RequestStep {
  return {
    name: `create-key-${name}`,
    method: "POST",
    path: "/api/v1/keys",
    headers: bearer("key"),
    body: json({ name, scopes }),
    keep: { [name]: /"key":"(hr_\w+)"/, [`${name}Id`]: /"key_id":"(\w+)"/ },
  };
}

/** The orgs of a recording, with a key of each kind that the other requests use. */
export const makeOrgs: readonly RequestStep[] = [
  create("create-org", json({ name: "recorded" }), {
    key: /"key":"(hr_\w+)"/,
    firstAdmin: /"token":"([^"]+)"/,
    basic: basicOf,
  }),
  create("create-org-other", json({ name: "Ein anderer Org & Söhne" }), {
    other: /"key":"(hr_[^"]+)"/,
    otherId: /"org_id":"([^"]+)"/,
  }),
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
