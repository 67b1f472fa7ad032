import type { Role } from "../../identity/roles.ts";
import type { StoredScope } from "../../identity/stored-scopes.ts";
import type { OrgStateDocument } from "../../org/org-state.ts";
import type { Formatted } from "../../store/formats.ts";
import type { Versioned } from "../../store/versioned.ts";
import type { AuditAction } from "./audit-action.ts";

/**
 * The fields that every document of the container `identity` has. Times are RFC 3339 in UTC; `ttl` is seconds from its
 * last write.
 */
interface Base extends Formatted {
  readonly id: string;
  readonly org_id: string;
  readonly ttl?: number;
}

export interface OrgDocument extends Base {
  readonly id: "org";
  readonly kind: "org";
  readonly name: string;
  readonly created_at: string;
  /** Member ids. Changed only together with the member: two admins who remove each other at once meet here. */
  readonly admins?: readonly string[];
  /** Its state was made: it is `state` in the same partition, or was lost. */
  readonly has_state?: boolean;
  /** Undefined where nobody has suspended it since 0.6.0: then `control` alone says it. */
  readonly suspended?: boolean;
}

/** `member:<member id>`: the truth about who belongs to an org. */
export interface MemberDocument extends Base {
  readonly kind: "member";
  readonly member_id: string;
  readonly issuer: string;
  readonly subject: string;
  /** The person's name at the provider when they joined. It is there for people to read; nothing is decided by it. */
  readonly label: string;
  readonly role: Role;
  readonly joined_at: string;
  readonly invited_by: string;
  readonly changed_at?: string;
  /** A removed member stays for a while, so that another removal can finish an interrupted one. */
  readonly removed_at?: string;
}

/** `invitation:<SHA-256 of the token>` */
export interface InvitationDocument extends Base {
  readonly kind: "invitation";
  readonly invitation_id: string;
  readonly role: Role;
  readonly note: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at: string;
  readonly used_at?: string;
  readonly used_by?: string;
}

/** `session:<session id>`: one sign-in, and the family of refresh tokens that came from it. */
export interface SessionDocument extends Base {
  readonly kind: "session";
  readonly session_id: string;
  readonly member_id: string;
  /** `joined_at` of the member who signed in. A person who was removed and joined again has no session from before. */
  readonly member_since: string;
  readonly started_at: string;
  readonly provider: string;
  readonly client_address: string;
  readonly client_agent: string;
  /** The session ends then, whatever happens. */
  readonly ends_at: string;
  /** The session ends then, unless it is used. */
  readonly idle_ends_at: string;
  /** SHA-256 of the refresh token that is good now. */
  readonly refresh_hash: string;
  readonly refreshed_at: string;
  /** The token that the current one was made from; see `shared/access/sessions/refresh-token.ts`. */
  readonly predecessor?: { readonly hash: string; readonly salt: string; readonly derived_by: string };
  readonly ended_at?: string;
  readonly ended_because?: SessionEnd;
}

export type SessionEnd =
  | "signed_out"
  | "ended_by_member"
  | "ended_by_admin"
  | "member_removed"
  | "refresh_token_reused";

/** `key:<key id>` */
export interface ApiKeyDocument extends Base {
  readonly kind: "api_key";
  readonly key_id: string;
  /** SHA-256 of the whole key, base64url. */
  readonly hash: string;
  readonly scopes: readonly StoredScope[];
  readonly name?: string;
  readonly created_at: string;
  readonly created_by?: string;
  readonly revoked_at?: string;
  /** Set when the key is rotated: it works until then, beside its successor. */
  readonly expires_at?: string;
  /** A day, UTC. */
  readonly last_used_on?: string;
}

/** The same document once the key has ended, of 0.6.0, for as long as it is remembered. */
export interface EndedKeyDocument extends Omit<ApiKeyDocument, "kind"> {
  readonly kind: "ended_key";
}

/** `audit:<UUIDv7>`; written in the same transaction as the change that it tells of, and never changed. */
export interface AuditDocument extends Base {
  readonly kind: "audit";
  readonly timestamp: string;
  readonly action: AuditAction;
  /** Who: the principal's subject. */
  readonly actor: string;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly client_address: string;
  readonly request_id: string;
}

/** `person`, in the person's own partition: where to look for memberships. An index, not the truth. */
export interface PersonDocument extends Base {
  readonly id: "person";
  readonly kind: "person";
  readonly orgs: readonly { readonly org_id: string; readonly added_at: string }[];
}

export type IdentityDocument =
  | OrgDocument
  | OrgStateDocument
  | MemberDocument
  | InvitationDocument
  | SessionDocument
  | ApiKeyDocument
  | EndedKeyDocument
  | AuditDocument
  | PersonDocument;

export type Kind = IdentityDocument["kind"];
export type DocumentOf<K extends Kind> = Extract<IdentityDocument, { readonly kind: K }>;

export type Write =
  | { readonly create: IdentityDocument }
  | { readonly replace: IdentityDocument; readonly etag: string };

export interface AuditQuery {
  readonly limit: number;
  /** The last entry of the page before. */
  readonly after?: { readonly timestamp: string; readonly id: string };
  readonly action?: string;
  readonly actor?: string;
  /** RFC 3339 in UTC with milliseconds, inclusive. */
  readonly from?: string;
  /** Likewise, exclusive. */
  readonly to?: string;
}

/**
 * The documents of one org's identity, which share a partition. Every method throws AppError `store_unavailable`, and
 * does so for what only a newer release can read: nobody is let in, or kept out, by a guess. Lines of the audit trail
 * alone are given as they are.
 */
export interface IdentityDocuments {
  /**
   * Makes later reads see what was written to this org before this call, by whatever instance. Without it a read may be
   * behind another instance's writes, though never behind what this instance has written or read.
   */
  catchUp(orgId: string): Promise<void>;
  /** Undefined when it is not there, or is of another kind. */
  read<K extends Kind>(kind: K, orgId: string, id: string): Promise<Versioned<DocumentOf<K>> | undefined>;
  list<K extends Kind>(kind: K, orgId: string): Promise<Versioned<DocumentOf<K>>[]>;
  /** A member's, or with undefined all of the org's. */
  listSessions(orgId: string, memberId: string | undefined): Promise<Versioned<SessionDocument>[]>;
  /** Newest first. */
  findAudit(orgId: string, query: AuditQuery): Promise<AuditDocument[]>;
  /** All of the writes or none. False when something that is created is there, or something replaced has changed. */
  commit(orgId: string, writes: readonly Write[]): Promise<boolean>;
}
