/** What a credential of an org may be allowed to do. */
export const orgScopes = [
  "events:write",
  "events:read",
  "quarantine:replay",
  "schemas:manage",
  "subjects:erase",
  "members:manage",
  "keys:manage",
  "audit:read",
  "sessions:own",
] as const;
export type OrgScope = (typeof orgScopes)[number];

/** What the operator may do. No credential of an org has any of it, and the operator has nothing of an org's. */
export const operatorScopes = ["orgs:manage", "secrets:rotate", "service:read"] as const;
export type OperatorScope = (typeof operatorScopes)[number];

export type Scope = OrgScope | OperatorScope;

/**
 * What an API key may be given. Not `members:manage`, with which a leaked key could make its finder an admin, and not
 * `sessions:own`: a key has no sessions.
 */
export const keyScopes = [
  "events:write",
  "events:read",
  "quarantine:replay",
  "schemas:manage",
  "subjects:erase",
  "keys:manage",
  "audit:read",
] as const satisfies readonly OrgScope[];
export type KeyScope = (typeof keyScopes)[number];

export const roles = ["viewer", "member", "admin"] as const;
export type Role = (typeof roles)[number];

/** The one table from role to scopes. Each role has what the one before it has. */
export const roleScopes: Readonly<Record<Role, readonly OrgScope[]>> = {
  viewer: ["events:read", "sessions:own"],
  member: ["events:read", "sessions:own", "events:write", "quarantine:replay"],
  admin: orgScopes,
};

export function isOrgScope(value: unknown): value is OrgScope {
  return orgScopes.some((scope) => scope === value);
}

export function isOperatorScope(value: unknown): value is OperatorScope {
  return operatorScopes.some((scope) => scope === value);
}
