import { bearer, json, type RequestStep } from "../step.ts";

function call(name: string, method: string, path: string, more: Partial<RequestStep> = {}): RequestStep {
  return { name, method, path: `/api/v1/operator/${path}`, headers: bearer("operator"), ...more };
}

const orgs: readonly RequestStep[] = [
  call("invite-admin", "POST", "orgs/{{otherId}}/admins"),
  call("invite-admin-has-one", "POST", "orgs/recorded/admins"),
  call("invite-admin-unknown", "POST", "orgs/nowhere/admins"),
  call("invite-admin-garbage", "POST", "orgs/A%20B/admins"),
  call("suspend-unknown", "POST", "orgs/nowhere/suspend"),
  call("resume-unknown", "POST", "orgs/nowhere/resume"),
  call("suspend", "POST", "orgs/{{otherId}}/suspend"),
  { ...call("suspended-org", "GET", ""), path: "/api/v1/events", headers: bearer("other"), until: /^403 / },
  {
    ...call("suspended-org-token", "POST", ""),
    path: "/api/v1/auth/token",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials&client_secret={{other}}",
  },
  call("suspend-again", "POST", "orgs/{{otherId}}/suspend"),
  call("resume", "POST", "orgs/{{otherId}}/resume"),
  { ...call("resumed-org", "GET", ""), path: "/api/v1/events", headers: bearer("other"), until: /^200 / },
  ...[json({}), json({ slot: "today" }), json({ slot: "2026-11-22.3", color: "red" }), "{"].map((body, index) =>
    call(`repair-ledger-bad-${index}`, "POST", "orgs/{{otherId}}/ledger/repair", { body }),
  ),
  call("repair-ledger", "POST", "orgs/{{otherId}}/ledger/repair", { body: json({ slot: "2026-11-22.3" }) }),
  call("repair-ledger-unknown", "POST", "orgs/nowhere/ledger/repair", { body: json({ slot: "2026-11-22.3" }) }),
];

const rotation: readonly RequestStep[] = [
  call("state", "GET", "state", { until: /"envelopes_to_dispatch":0,"work_items":0,/ }),
  ...[
    json({}),
    json({ secret: "none" }),
    json({ secret: "receipt-key", leaked: "yes" }),
    json({ secret: "receipt-key", replaces: "" }),
    json({ secret: "receipt-key", force: true }),
    "{",
  ].map((body, index) => call(`rotate-bad-${index}`, "POST", "rotate", { body })),
  call("rotate", "POST", "rotate", {
    body: json({ secret: "receipt-key" }),
    keep: { version: /"version":"(\w+)"/ },
  }),
  call("rotate-replaced", "POST", "rotate", { body: json({ secret: "receipt-key", replaces: "0".repeat(32) }) }),
  call("state-rotated", "GET", "state", { until: /"next".*"envelopes_to_dispatch":0,"work_items":0,/ }),
  call("rotate-leaked", "POST", "rotate", { body: json({ secret: "token-signing-key", leaked: true }) }),
  {
    ...call("token-of-leaked-key", "GET", ""),
    path: "/api/v1/keys",
    headers: bearer("keyToken"),
    until: /^401 /,
  },
];

/** Bytes of no org. */
const quarantine: readonly RequestStep[] = [
  call("quarantine-of-nobody", "GET", "quarantine"),
  call("quarantined-of-nobody-unknown", "GET", "quarantine/none"),
  call("discard-of-nobody-unknown", "POST", "quarantine/none/discard", { body: json({ reason: "of a recording" }) }),
];

export const operate: readonly RequestStep[] = [...orgs, ...rotation, ...quarantine];
