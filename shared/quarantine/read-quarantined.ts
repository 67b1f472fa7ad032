import type { ClaimStore } from "../envelope/claim-store.ts";
import type { Digest, RawContent } from "../envelope/content.ts";
import { AppError } from "../errors.ts";
import type { Principal } from "../identity/principal.ts";
import { parseJson } from "../runtime/parse-json.ts";
import { reached } from "../runtime/reached.ts";
import type { SharedMemory } from "../runtime/shared-memory.ts";
import { type FindDeps, findQuarantined } from "./find-quarantined.ts";
import type { ActKind, Tried } from "./quarantine-act.ts";
import type { QuarantineDocument } from "./quarantine-store.ts";
import { type SummaryView, toSummaryView } from "./quarantine-view.ts";

export interface ReadQuarantinedDeps extends FindDeps {
  readonly claims: Pick<ClaimStore, "get">;
  /** What readers of large events hold, by turns of orgs. */
  readonly memory: SharedMemory;
}

export type QuarantinedView = SummaryView & {
  /** Null where it is lost, as a body is whose claim check was gone. */
  readonly event: KeptEvent | null;
  /** What is kept of one that cannot be read, where types of the org have privacy rules. */
  readonly digest?: Digest;
  /** Why the last replay left it here. */
  readonly tried?: Tried;
  /** An act that was decided and whose end nobody has seen. Saying it again completes it. */
  readonly begun?: { readonly what: ActKind; readonly at: string };
};

/** The event itself: as text where its bytes are UTF-8, else in base64. */
export type KeptEvent = {
  /**
   * `sent`: byte for byte. `masked`: after the privacy rules of its type. `parsed`: JSON of what was read of it, by a
   * release up to 0.4.0 or for an event that was valid when it was taken. `envelope`: what the pipeline made of all
   * events of the batch, packed or damaged.
   */
  readonly as: "sent" | "masked" | "parsed" | "envelope";
} & ({ readonly text: string } | { readonly base64: string });

/** Far above what a body may have, with what it takes more as base64 and as JSON. */
const LARGE_BYTES = 24 * 1024 * 1024;

/** An event in quarantine, whole. Throws AppError as `findQuarantined` does, or `busy`. */
export async function readQuarantined(
  deps: ReadQuarantinedDeps,
  { orgId }: Principal,
  id: string,
): Promise<QuarantinedView> {
  const document = await findQuarantined(deps, orgId, id);
  const raw = await readRaw(deps, document);
  const { act, tried } = document;
  const begun = act && { begun: { what: act.what, at: act.at } };
  const event = raw ? toKeptEvent(document, raw) : null;
  const digest = raw && "digest" in raw && { digest: raw.digest };
  return { ...toSummaryView(document), event, ...digest, ...begun, ...(tried && { tried }) };
}

/** Undefined when it is lost. Throws AppError `busy` or `store_unavailable`. */
export async function readRaw(
  deps: Pick<ReadQuarantinedDeps, "claims" | "memory">,
  { org_id: orgId, raw }: QuarantineDocument,
): Promise<RawContent | undefined> {
  return "blob" in raw ? readLarge(deps, orgId, raw.blob) : raw;
}

/** Undefined when the blob is gone. */
async function readLarge(
  { claims, memory }: Pick<ReadQuarantinedDeps, "claims" | "memory">,
  orgId: string,
  blob: string,
): Promise<RawContent | undefined> {
  const share = await memory.take(orgId, LARGE_BYTES);
  if (!share) throw new AppError("busy", "too many large events are being read", { retryAfter: 2 });
  try {
    const bytes = await claims.get(blob);
    if (!bytes) reached("quarantined-blob-gone");
    return bytes && (parseJson(bytes.toString()) as RawContent);
  } catch (cause) {
    throw new AppError("store_unavailable", "the blob of a quarantined event cannot be read", { cause, retryAfter: 1 });
  } finally {
    share.shrink(0);
  }
}

function toKeptEvent({ index, masked }: QuarantineDocument, raw: RawContent): KeptEvent | null {
  if ("json" in raw) return { as: "parsed", text: JSON.stringify(raw.json) };
  if ("text" in raw) return { as: masked ? "masked" : "sent", text: raw.text };
  // A digest, or as a newer release has it.
  if (!("base64" in raw)) return null;
  if (index !== null) return { as: "sent", base64: raw.base64 };
  return raw.base64 === "" ? null : { as: "envelope", base64: raw.base64 };
}
