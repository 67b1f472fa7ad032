/** A token that a client shows for an entity before it uses it (`put-token` of claims-based security). */
export interface Claim {
  /** For example `sb://127.0.0.1:5672/events/Partitions/0`. */
  readonly audience: string;
  /** `servicebus.windows.net:sastoken` or `jwt`. */
  readonly type: string;
  readonly token: string;
}

/** Says what is wrong with a token, or undefined when it is good. */
export type CheckToken = (claim: Claim) => string | undefined | Promise<string | undefined>;

/** The emulator's own check: any token will do, as long as there is one. */
export const acceptAnyToken: CheckToken = ({ token }) => (token === "" ? "the token is empty" : undefined);

interface ClaimAnswer {
  readonly "status-code": number;
  readonly "status-description": string;
}

/** Answers a request to `$cbs`. */
export async function answerClaim(
  properties: Readonly<Record<string, unknown>>,
  body: unknown,
  put: CheckToken,
): Promise<ClaimAnswer> {
  if (properties.operation !== "put-token") return answer(400, "the operation must be put-token");
  const claim = { audience: String(properties.name), type: String(properties.type), token: String(body ?? "") };
  const wrong = await put(claim);
  return wrong === undefined ? answer(202, "Accepted") : answer(401, wrong);
}

function answer(code: number, description: string): ClaimAnswer {
  return { "status-code": code, "status-description": description };
}
