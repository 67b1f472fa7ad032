import { randomBytes } from "node:crypto";
import { AppError } from "../../errors.ts";
import type { Principal } from "../../identity/principal.ts";
import { type KeyRing, tagOf } from "../../receipt/key-ring.ts";
import { reached } from "../../runtime/reached.ts";
import type { KeyRings } from "../../secrets/key-rings.ts";
import { change, type Step } from "../../store/change.ts";
import type { Versioned } from "../../store/versioned.ts";
import type { Logger } from "../../telemetry/log.ts";
import { type Actor, auditDocument } from "../documents/audit-entry.ts";
import type {
  IdentityDocuments,
  MemberDocument,
  SessionDocument,
  SessionEnd,
  Write,
} from "../documents/identity-documents.ts";
import { readMember } from "../members/members.ts";
import type { Revoke } from "../revocations/revocations.ts";
import {
  deriveSuccessor,
  isSessionId,
  makeRefreshToken,
  parseRefreshToken,
  type RefreshToken,
  wasOurs,
} from "./refresh-token.ts";

export interface SessionsDeps {
  readonly documents: IdentityDocuments;
  readonly keyRings: KeyRings;
  readonly revoke: Revoke;
  readonly now: () => number;
}

export interface SessionView
  extends Pick<
    SessionDocument,
    "session_id" | "member_id" | "provider" | "started_at" | "refreshed_at" | "client_address" | "client_agent"
  > {
  /** When it ends, unless it is refreshed before. */
  readonly ends_at: string;
  /** Whether the request comes from this session. */
  readonly current: boolean;
}

const DAY = 24 * 3_600_000;
const IDLE_MS = 30 * DAY;
const LONGEST_MS = 90 * DAY;
/** Within this time, and only while the successor is unused, a used token gives the same successor again. */
const REPEAT_MS = 10_000;

/**
 * Starts a member's session. `sessionId` was fixed during the sign-in, so that a sign-in starts a session once. Throws
 * AppError `sign_in_expired`.
 */
export async function startSession(
  { documents, keyRings, now }: SessionsDeps,
  actor: Actor,
  member: MemberDocument,
  { sessionId, provider, clientAgent }: { sessionId: string; provider: string; clientAgent: string },
): Promise<string> {
  const at = now();
  const orgId = member.org_id;
  const refresh = makeRefreshToken(await keyRings.current(), orgId, sessionId);
  const document: SessionDocument = {
    id: `session:${sessionId}`,
    org_id: orgId,
    kind: "session",
    session_id: sessionId,
    member_id: member.member_id,
    member_since: member.joined_at,
    started_at: timeOf(at),
    provider,
    client_address: actor.clientAddress,
    client_agent: clientAgent.slice(0, 200),
    ends_at: timeOf(at + LONGEST_MS),
    ...untilIdle(at, at + LONGEST_MS),
    refresh_hash: refresh.hash,
    refreshed_at: timeOf(at),
  };
  const audit = auditDocument(orgId, actor, at, {
    action: "session.started",
    target: document.id,
    details: { provider },
  });
  await change(documents, orgId, async () => {
    const there = await documents.read("session", orgId, document.id);
    if (there && there.value.refresh_hash !== refresh.hash) {
      reached("sign-in-completed-twice");
      throw new AppError("sign_in_expired", "the sign-in was completed before");
    }
    return { writes: there ? [] : [{ create: document }, { create: audit }], result: undefined };
  });
  return refresh.token;
}

export interface Refreshed {
  /** The refresh token that is good from now on. */
  readonly token: string;
  readonly member: MemberDocument;
  readonly sessionId: string;
  /**
   * A time before the reads that it rests on, in ms since 1970. They see all that was written before it, by whatever
   * instance. So a change of the member that they miss has a cut-off after this time.
   */
  readonly asOf: number;
}

/**
 * Takes a refresh token and gives its successor. When several requests bring the same token at once, one rotates it,
 * and the others get the same successor. Throws AppError `refresh_refused`, and ends the session when an old token
 * comes back.
 */
export async function refreshSession(
  deps: SessionsDeps,
  actor: Omit<Actor, "subject">,
  presented: string,
  log: Logger,
): Promise<Refreshed> {
  const token = parseRefreshToken(presented);
  if (!token) throw refused("the refresh token is not one of this deployment");
  const { documents, now } = deps;
  const { orgId, sessionId } = token;
  const keys = await deps.keyRings.knowing(token.sealed);
  // Before `change`, which catches up with the other instances: the member is read after that.
  const asOf = now();
  const outcome = await change(documents, orgId, () => decideRefresh(deps, keys, actor, token));
  if (outcome.reused) {
    reached("refresh-token-reused");
    const { member_id } = outcome.session;
    log.warn("security: a refresh token that was replaced came back; its session has ended", {
      ...{ org_id: orgId, session_id: sessionId, member_id },
      ...{ request_id: actor.requestId, client_address: actor.clientAddress },
    });
    await deps.revoke({ kind: "session", orgId, sessionId }, now());
    throw refused("the refresh token was used before, and the session has ended");
  }
  const member = await readMember(documents, orgId, outcome.session.member_id);
  if (!member || member.value.joined_at !== outcome.session.member_since)
    throw refused("the person is no member of the org any more");
  return { token: outcome.token, member: member.value, sessionId, asOf };
}

type RefreshOutcome =
  | { readonly reused: false; readonly token: string; readonly session: SessionDocument }
  | { readonly reused: true; readonly session: SessionDocument };

async function decideRefresh(
  { documents, keyRings, now }: SessionsDeps,
  keys: KeyRing,
  actor: Omit<Actor, "subject">,
  token: RefreshToken,
): Promise<Step<RefreshOutcome, Write>> {
  const found = await documents.read("session", token.orgId, `session:${token.sessionId}`);
  const at = now();
  if (!found || !isAlive(found.value, at)) throw refused("the session has ended");
  const { value: session } = found;
  if (session.refresh_hash === token.hash) return rotate(keys, at, found, token);
  const { predecessor } = session;
  if (predecessor?.hash === token.hash && at - Date.parse(session.refreshed_at) <= REPEAT_MS) {
    const { salt, derived_by } = predecessor;
    const again = deriveSuccessor(await keyRings.knowing(derived_by), token, salt, tagOf(derived_by));
    reached("refresh-token-again");
    // Its hash is still the session's, so it is unused.
    if (again?.hash === session.refresh_hash) {
      return { writes: [], result: { reused: false, token: again.token, session } };
    }
    throw new AppError("identity_unavailable", "the key of the session is not at hand", { retryAfter: 1 });
  }
  if (predecessor?.hash !== token.hash && !wasOurs(keys, token)) throw refused("the refresh token is not known");
  const by = { ...actor, subject: `member:${session.member_id}` };
  const audit = auditDocument(token.orgId, by, at, { action: "session.refresh_token_reused", target: session.id });
  const replace = ended(session, at, "refresh_token_reused");
  return { writes: [{ replace, etag: found.etag }, { create: audit }], result: { reused: true, session } };
}

function rotate(
  keys: KeyRing,
  at: number,
  { value: session, etag }: Versioned<SessionDocument>,
  token: RefreshToken,
): Step<RefreshOutcome, Write> {
  const salt = randomBytes(16).toString("base64url");
  const successor = deriveSuccessor(keys, token, salt);
  if (!successor) throw new Error("the key ring has no key");
  const replace: SessionDocument = {
    ...session,
    ...untilIdle(at, Date.parse(session.ends_at)),
    refresh_hash: successor.hash,
    refreshed_at: timeOf(at),
    predecessor: { hash: token.hash, salt, derived_by: successor.sealed.slice(0, 8) },
  };
  return { writes: [{ replace, etag }], result: { reused: false, token: successor.token, session: replace } };
}

/**
 * Ends the session of a refresh token, whichever of the family it is. Any other text ends nothing, and is not an error.
 */
export async function signOut(deps: SessionsDeps, actor: Omit<Actor, "subject">, presented: string): Promise<void> {
  const token = parseRefreshToken(presented);
  if (!token) return;
  const { documents, keyRings } = deps;
  const keys = await keyRings.knowing(token.sealed);
  await documents.catchUp(token.orgId);
  const found = await documents.read("session", token.orgId, `session:${token.sessionId}`);
  if (!found || (found.value.refresh_hash !== token.hash && !wasOurs(keys, token))) return;
  const by = { ...actor, subject: `member:${found.value.member_id}` };
  await endSession(deps, by, token.orgId, token.sessionId, "signed_out");
}

/** A member's sessions that can still be refreshed, or with undefined all of the org's. */
export async function listSessions(
  { documents, now }: SessionsDeps,
  principal: Principal,
  memberId: string | undefined,
): Promise<SessionView[]> {
  const found = await documents.listSessions(principal.orgId, memberId);
  return found
    .map(({ value }) => value)
    .filter((session) => isAlive(session, now()))
    .sort((a, b) => (a.started_at > b.started_at ? -1 : 1))
    .map((session) => toView(session, principal.sessionId));
}

/**
 * Ends one of the principal's own sessions, or, if they manage members, any of the org's. Throws AppError
 * `session_not_found`.
 */
export async function endSessionOf(
  deps: SessionsDeps,
  actor: Actor,
  principal: Principal,
  sessionId: string,
): Promise<void> {
  const { orgId, subject, scopes } = principal;
  const id = `session:${sessionId}`;
  await deps.documents.catchUp(orgId);
  const found = isSessionId(sessionId) ? await deps.documents.read("session", orgId, id) : undefined;
  const own = found !== undefined && `member:${found.value.member_id}` === subject;
  if (!found || !(own || scopes.includes("members:manage"))) {
    throw new AppError("session_not_found", "there is no such session that this credential may end");
  }
  await endSession(deps, actor, orgId, sessionId, own ? "ended_by_member" : "ended_by_admin");
}

/** Ends a session and its tokens. A session that has ended already stays as it is; its tokens end in any case. */
async function endSession(
  { documents, revoke, now }: SessionsDeps,
  actor: Actor,
  orgId: string,
  sessionId: string,
  because: SessionEnd,
): Promise<void> {
  await change(documents, orgId, async () => {
    const at = now();
    const found = await documents.read("session", orgId, `session:${sessionId}`);
    if (!found || found.value.ended_at !== undefined) return { writes: [], result: undefined };
    const { value, etag } = found;
    const entry = { action: "session.ended", target: value.id, details: { because } } as const;
    const audit = auditDocument(orgId, actor, at, entry);
    return { writes: [{ replace: ended(value, at, because), etag }, { create: audit }], result: undefined };
  });
  await revoke({ kind: "session", orgId, sessionId }, now());
}

function ended(session: SessionDocument, at: number, because: SessionEnd): SessionDocument {
  return { ...session, ended_at: timeOf(at), ended_because: because };
}

function isAlive({ ended_at, ends_at, idle_ends_at }: SessionDocument, at: number): boolean {
  return ended_at === undefined && at < Date.parse(ends_at) && at < Date.parse(idle_ends_at);
}

/** The store forgets a session a day after its end. */
function untilIdle(at: number, endsAt: number): Pick<SessionDocument, "idle_ends_at" | "ttl"> {
  const idleEndsAt = Math.min(at + IDLE_MS, endsAt);
  return { idle_ends_at: timeOf(idleEndsAt), ttl: Math.ceil((idleEndsAt - at + DAY) / 1000) };
}

function refused(detail: string): AppError {
  return new AppError("refresh_refused", detail);
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}

function toView(session: SessionDocument, own: string | undefined): SessionView {
  const { session_id, member_id, provider, started_at, refreshed_at, idle_ends_at, client_address, client_agent } =
    session;
  const ends_at = idle_ends_at;
  const current = session_id === own;
  return { session_id, member_id, provider, started_at, refreshed_at, ends_at, client_address, client_agent, current };
}
