/** What a credential of an org may be allowed to do. */
export const orgScopes = [
  "events:write",
  "events:read",
  "quarantine:replay",
  "quarantine:discard",
  "schemas:read",
  "schemas:write",
  "schemas:manage",
  "schemas:force",
  "subjects:erase",
  "members:manage",
  "keys:manage",
  "audit:read",
  "sessions:own",
] as const;
export type OrgScope = (typeof orgScopes)[number];

/** What the operator may do. No credential of an org has any of these, and the operator has no scope of an org. */
export const operatorScopes = ["orgs:manage", "secrets:rotate", "service:read"] as const;
export type OperatorScope = (typeof operatorScopes)[number];

export type Scope = OrgScope | OperatorScope;

/**
 * The scopes that an API key may have. Not `members:manage`: with it, the finder of a leaked key could become an admin.
 * Not `sessions:own`: a key has no sessions. Not `quarantine:discard`: what is discarded is gone, and a person says so.
 * Not `schemas:force`: whoever breaks a rule that was agreed on is a person too.
 */
export const keyScopes = [
  "events:write",
  "events:read",
  "quarantine:replay",
  "schemas:read",
  "schemas:write",
  "schemas:manage",
  "subjects:erase",
  "keys:manage",
  "audit:read",
] as const satisfies readonly OrgScope[];
export type KeyScope = (typeof keyScopes)[number];

/**
 * What an org's first key may do, which goes into the settings of whatever sends. Admins make keys that may do more.
 */
export const firstKeyScopes = ["events:write", "events:read"] as const satisfies readonly KeyScope[];

export const roles = ["viewer", "member", "admin"] as const;
export type Role = (typeof roles)[number];

/** The one table from role to scopes. Each role has what the one before it has. */
export const roleScopes: Readonly<Record<Role, readonly OrgScope[]>> = {
  viewer: ["events:read", "schemas:read", "sessions:own"],
  member: ["events:read", "schemas:read", "sessions:own", "events:write", "quarantine:replay"],
  admin: orgScopes,
};

export function isOrgScope(value: unknown): value is OrgScope {
  return orgScopes.some((scope) => scope === value);
}

export function isOperatorScope(value: unknown): value is OperatorScope {
  return operatorScopes.some((scope) => scope === value);
}
