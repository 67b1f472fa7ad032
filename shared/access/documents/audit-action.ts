/** The actions that the audit trail tells of. */
export const auditActions = [
  "org.created",
  "org.suspended",
  "org.resumed",
  "member.invited",
  "invitation.withdrawn",
  "member.joined",
  "member.role_changed",
  "member.removed",
  "key.created",
  "key.rotated",
  "key.revoked",
  "token.revoked",
  "session.started",
  "session.ended",
  "session.refresh_token_reused",
  "event.discarded",
  "schema.registered",
  "schema.status_changed",
  "schema_type.changed",
  "schema_settings.changed",
] as const;
export type AuditAction = (typeof auditActions)[number];
