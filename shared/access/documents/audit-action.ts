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
  "job.started",
  "job.stopped",
  "job.continued",
] as const;
export type AuditAction = (typeof auditActions)[number];
