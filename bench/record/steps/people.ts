import { bearer, json, type RequestStep, type Step } from "../step.ts";
import { signIn, takeToken } from "./sign-in.ts";

/** As Cleo, the recorded org's admin, unless headers say otherwise. */
function call(name: string, method: string, path: string, more: Partial<RequestStep> = {}): RequestStep {
  return { name, method, path: `/api/v1/${path}`, headers: bearer("cleoToken"), ...more };
}

const unknown = "A".repeat(43);

const invitations: readonly RequestStep[] = [
  call("list-members", "GET", "members"),
  call("list-members-parameter", "GET", "members?limit=1"),
  call("list-members-head", "HEAD", "members"),
  ...[
    json({ role: "owner" }),
    json({ role: "viewer", expires_in_days: 31 }),
    json({ role: "viewer", expires_in_days: 0.5 }),
    json({ role: "viewer", note: "n".repeat(300) }),
    json({ role: "viewer", email: "a@example.com" }),
    json([]),
    '{"role": ',
    "",
  ].map((body, index) => call(`invite-bad-${index}`, "POST", "members", { body })),
  call("invite-by-member", "POST", "members", { headers: bearer("benToken"), body: json({ role: "viewer" }) }),
  call("invite-withdrawn", "POST", "members", {
    body: json({ role: "viewer", note: "is withdrawn", expires_in_days: 30 }),
    keep: { withdrawn: /"invitation_id":"([^"]+)"/ },
  }),
  call("invite", "POST", "members", { body: json({ role: "member" }), keep: { invited: /"token":"([^"]+)"/ } }),
  call("list-invitations", "GET", "members"),
  call("withdraw-unknown", "DELETE", `invitations/${unknown}`),
  call("withdraw-garbage", "DELETE", "invitations/x"),
  call("withdraw", "DELETE", "invitations/{{withdrawn}}"),
  call("withdraw-again", "DELETE", "invitations/{{withdrawn}}"),
];

const members: readonly Step[] = [
  {
    ...{ name: "guest-joins", method: "POST", path: "/api/v1/auth/join", browser: "guest" },
    headers: { origin: "{{api}}", "content-type": "application/x-www-form-urlencoded" },
    body: "invitation={{invited}}",
  },
  ...signIn("guest", "ada"),
  takeToken("guest"),
  call("list-members-two", "GET", "members"),
  call("change-member-unknown", "PATCH", `members/${unknown}`, { body: json({ role: "viewer" }) }),
  call("change-member-garbage", "PATCH", "members/x", { body: json({ role: "viewer" }) }),
  call("change-member-bad-role", "PATCH", "members/{{guestId}}", { body: json({ role: "king" }) }),
  call("change-member", "PATCH", "members/{{guestId}}", { body: json({ role: "viewer" }) }),
  call("change-member-same", "PATCH", "members/{{guestId}}", { body: json({ role: "viewer" }) }),
  call("change-last-admin", "PATCH", "members/{{cleoId}}", { body: json({ role: "member" }) }),
  call("remove-last-admin", "DELETE", "members/{{cleoId}}"),
  call("remove-unknown", "DELETE", `members/${unknown}`),
  call("changed-members-old-token", "GET", "events?limit=1", { headers: bearer("guestToken"), until: /^401 / }),
];

const sessions: readonly RequestStep[] = [
  call("list-sessions", "GET", "sessions", { keep: { cleoSession: /"session_id":"([^"]+)"/ } }),
  call("list-sessions-of-all", "GET", "sessions?member_id=all"),
  call("list-sessions-of-guest", "GET", "sessions?member_id={{guestId}}", {
    keep: { guestSession: /"session_id":"([^"]+)"/ },
  }),
  call("list-sessions-bad-member", "GET", "sessions?member_id=x"),
  call("list-sessions-of-others", "GET", "sessions?member_id=all", { headers: bearer("benToken") }),
  call("end-session-unknown", "DELETE", `sessions/${"A".repeat(22)}`),
  call("end-session-garbage", "DELETE", "sessions/x"),
  call("end-session-of-another-org", "DELETE", "sessions/{{cleoSession}}", { headers: bearer("benToken") }),
  call("end-session-of-guest", "DELETE", "sessions/{{guestSession}}"),
  call("end-session-again", "DELETE", "sessions/{{guestSession}}"),
  call("remove-member", "DELETE", "members/{{guestId}}"),
  call("remove-member-again", "DELETE", "members/{{guestId}}"),
  call("list-members-left", "GET", "members"),
];

const audit: readonly RequestStep[] = [
  call("audit", "GET", "audit?limit=1000", { ties: "entries" }),
  call("audit-action", "GET", "audit?action=member.removed"),
  call("audit-actor", "GET", "audit?actor=member:{{cleoId}}&limit=2", {
    keep: { auditCursor: /"next_cursor":"([^"]+)"/ },
  }),
  call("audit-next-page", "GET", "audit?actor=member:{{cleoId}}&limit=2&cursor={{auditCursor}}"),
  call("audit-cursor-other-filters", "GET", "audit?cursor={{auditCursor}}"),
  call("audit-past", "GET", "audit?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z"),
  call("audit-by-member", "GET", "audit", { headers: bearer("benToken") }),
  ...["action=none", "limit=0", "limit=1001", "from=x", "cursor=x", "unknown=1", "actor="].map((query) =>
    call(`audit?${query}`, "GET", `audit?${query}`),
  ),
];

const body = json({ reason: "of a recording" });
/** As Cleo, since no key may. */
const quarantine: readonly RequestStep[] = [
  call("discard", "POST", "quarantine/{{mixed}}:2/discard", { body }),
  call("discard-again", "POST", "quarantine/{{mixed}}:2/discard", { body }),
  call("discard-unknown", "POST", "quarantine/none/discard", { body }),
  call("discard-bad-body", "POST", "quarantine/{{mixed}}:3/discard", { body: json({}) }),
  call("discard-by-member", "POST", "quarantine/{{mixed}}:3/discard", { body, headers: bearer("benToken") }),
  call("replay-dry", "POST", "quarantine/{{mixed}}:3/replay?dry_run=true"),
  call("replay-discarded", "POST", "quarantine/{{mixed}}:2/replay"),
  call("replay-found-dry", "POST", "quarantine/replay", { body: json({ dry_run: true }) }),
  call("replay-found-bad-body", "POST", "quarantine/replay", { body }),
  call("discard-found-dry", "POST", "quarantine/discard", { body: json({ reason: "of a recording", dry_run: true }) }),
  call("discard-found-bad-body", "POST", "quarantine/discard", { body: json({}) }),
  call("discard-found-by-member", "POST", "quarantine/discard", { body, headers: bearer("benToken") }),
  ...["stop", "continue"].map((verb) => call(`${verb}-job-unknown`, "POST", `jobs/none/${verb}`)),
  call("receipt-discarded", "GET", "receipts/{{mixed}}"),
];

export const people: readonly Step[] = [...invitations, ...members, ...sessions, ...quarantine, ...audit];
