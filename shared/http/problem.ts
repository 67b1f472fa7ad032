import { AppError, errorTable } from "../errors.ts";

/** An RFC 9457 problem document with its status and headers. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> & { readonly code: string };
}

/** Anything thrown that is not an AppError is a defect. The caller learns only that there was one. */
export function toProblem(error: unknown, requestId: string): Problem {
  const known =
    error instanceof AppError
      ? error
      : new AppError("internal", "an unexpected error; it was logged", { cause: error });
  const [status, title, fix] = errorTable[known.code];
  const body = {
    type: `urn:headrace:error:${known.code}`,
    title,
    status,
    code: known.code,
    detail: known.message,
    fix,
    request_id: requestId,
    ...known.members,
  };
  return { status, headers: headersOf(known), body };
}

function headersOf(error: AppError): Record<string, string> {
  if (error.retryAfter !== undefined) return { "retry-after": String(Math.ceil(error.retryAfter)) };
  if (error.code === "scope_missing") {
    const { members } = error;
    const needed = members && "scope" in members ? `, scope="${members.scope}"` : "";
    return { "www-authenticate": `Bearer realm="headrace", error="insufficient_scope"${needed}` };
  }
  if (error.code === "method_not_allowed") return { allow: allowedOf(error).join(", ") };
  if (error.status !== 401) return {};
  // RFC 6750, section 3.1: without a credential, the challenge has no error code.
  const parameters = error.code === "credential_missing" ? "" : `, error="invalid_token"`;
  return { "www-authenticate": `Bearer realm="headrace"${parameters}` };
}

function allowedOf({ members }: AppError): readonly string[] {
  return members && "allowed" in members ? members.allowed : [];
}
