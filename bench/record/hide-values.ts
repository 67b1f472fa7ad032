import { type Grain, hideEpoch, hideTimes } from "./hide-times.ts";
import type { Label } from "./labels.ts";

export interface Hiding {
  /** Milliseconds since 1970 at which the run began. */
  readonly startedAt: number;
  readonly label: Label;
  readonly grain: Grain;
}

/** Random values, by their exact shape and, where the shape alone could be a word, by the text before them. */
const random: readonly (readonly [kind: string, shape: RegExp])[] = [
  ["port", /(?<=(?:127\.0\.0\.1|localhost)(?::|%3A))\d{4,5}(?!\d)/g],
  ["key-id", /(?<=\b(?:key:|hr_[^_\s"]{1,64}_)|"(?:key_id|client_id|successor)":")[0-9A-Za-z]{12}(?![0-9A-Za-z])/g],
  ["secret", /(?<=\bhr_[^_\s"]{1,64}_<key-id [^>]+>_)[0-9A-Za-z]{49}(?!\w)/g],
  ["secret", /(?<=\bhri_[^_\s"]{1,64}_)[\w-]{43}(?![\w-])/g],
  [
    "session-id",
    /(?<=\b(?:hrr_[^_\s"]{1,64}_|session:|headrace-session=)|"(?:session_id|sessionId|sid)":")[0-9A-Za-z-]{22}(?![0-9A-Za-z-])/g,
  ],
  ["secret", /(?<=\bhrr_[^_\s"]{1,64}_<session-id [^>]+>_)[\w-]{71}(?![\w-])/g],
  ["member-id", /(?<=\bmember:|"(?:member_id|memberId)":")[\w-]{43}(?![\w-])/g],
  ["invitation-id", /(?<=\binvitation:|"(?:invitation_id|invitationId|invitation)":")[\w-]{43}(?![\w-])/g],
  ["random", /(?<=\b(?:state|nonce|code_challenge)=|"(?:state|nonce|verifier|x|y)":")[\w-]{43}(?![\w-])/g],
  ["version", /(?<![0-9a-f])(?=[0-9a-f]*\d)[0-9a-f]{32}(?![0-9a-f])/g],
  ["sign-in", /(?<=__Host-headrace-sign-in-)[0-9a-f]{12}(?![0-9a-f])/g],
  ["uuid-v7", /\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/g],
];

/**
 * Puts names in place of values that a run makes anew. Everything else stays as it is. So does a value of the wrong
 * shape, so that a changed shape shows.
 */
export function hideValues(text: string, hiding: Hiding): string {
  const opened = text
    .replaceAll(/\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, (found) => describeToken(found, hiding) ?? found)
    .replaceAll(/(?<![\w-])A[\w-]{39,}(?![\w-])/g, (found) => describeSealed(found, hiding) ?? found);
  const named = random.reduce(
    (rest, [kind, shape]) => rest.replaceAll(shape, (found) => hiding.label(kind, found)),
    opened,
  );
  return hideTimes(named, hiding.startedAt, hiding.grain);
}

/**
 * A token's `iat` is the time when its credential was last looked up, which may be half a minute before it was issued.
 */
const TOKEN_GRAIN_SECONDS = 300;

/** An access token's header and claims in clear; `exp` as its distance from `iat`, in minutes. */
function describeToken(token: string, hiding: Hiding): string | undefined {
  const [header, claims] = token.split(".").map((part) => readJson(Buffer.from(part, "base64url")));
  if (header === undefined || claims === undefined) return undefined;
  const shown = `${JSON.stringify(header)} ${JSON.stringify({ ...claims, ...describeLife(claims, hiding) })}`;
  return `<jwt ${hideValues(shown, hiding)}>`;
}

function describeLife(claims: { readonly iat?: unknown; readonly exp?: unknown }, { startedAt }: Hiding): object {
  const { iat, exp } = claims;
  if (typeof iat !== "number" || typeof exp !== "number") return {};
  const minutes = (Math.round((exp - iat) / TOKEN_GRAIN_SECONDS) * TOKEN_GRAIN_SECONDS) / 60;
  return { iat: hideEpoch(iat, startedAt), exp: `<iat+${minutes}m>` };
}

const RECEIPT_BYTES = 37;
const RECEIPT_EVENTS_AT = 11;
/** Version, key tag and MAC. */
const SEAL_BYTES = 21;

/** A receipt id with the number of its events; a cookie or a cursor with the JSON that it carries in clear. */
function describeSealed(text: string, hiding: Hiding): string | undefined {
  const bytes = Buffer.from(text, "base64url");
  if (bytes[0] !== 1 || bytes.toString("base64url") !== text) return undefined;
  const carried = readJson(bytes.subarray(SEAL_BYTES));
  if (carried !== undefined) {
    const shown = JSON.stringify(carried, (key, value: unknown) =>
      key === "until" && typeof value === "number" ? hideEpoch(value, hiding.startedAt) : value,
    );
    return `<sealed ${hideValues(shown, hiding)}>`;
  }
  if (bytes.length !== RECEIPT_BYTES) return undefined;
  return `${hiding.label("receipt", text)}(${bytes.readUInt16BE(RECEIPT_EVENTS_AT)} events)`;
}

function readJson(bytes: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
