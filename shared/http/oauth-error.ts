import { AppError } from "../errors.ts";
import { type Problem, toProblem } from "./problem.ts";

/** An error as RFC 6749, section 5.2 wants it, where OAuth clients call. */
export function toOAuthError(error: unknown, requestId: string): Problem {
  const problem = toProblem(error, requestId);
  const { headers } = problem;
  const known = error instanceof AppError ? error : undefined;
  const body = {
    error: nameOf(problem),
    error_description: String(problem.body.detail),
    code: problem.body.code,
    request_id: requestId,
  };
  const challenge = known?.code === "invalid_client" ? { "www-authenticate": `Basic realm="headrace"` } : undefined;
  // RFC 6749 has 400 for all of its errors but `invalid_client`. What came past Front Door never reached it.
  const status = problem.status === 403 && known?.code !== "not_through_front_door" ? 400 : problem.status;
  return { status, headers: { ...headers, ...challenge }, body };
}

const standard = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unsupported_grant_type",
  "invalid_scope",
]);

function nameOf({ status, body: { code } }: Problem): string {
  if (standard.has(code)) return code;
  if (code === "org_suspended") return "unauthorized_client";
  if (status === 503) return "temporarily_unavailable";
  return status >= 500 ? "server_error" : "invalid_request";
}
