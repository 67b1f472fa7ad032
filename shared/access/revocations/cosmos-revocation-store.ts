import type { Container } from "@azure/cosmos";
import { AppError } from "../../errors.ts";
import { inTime, queryAll, readDocument, sql, writeResultOfError } from "../../store/cosmos.ts";
import { type Formatted, isReadable, newerThanThis, readable, stamp, versionOf } from "../../store/formats.ts";
import { writeOver } from "../../store/write-over.ts";
import { type ControlChange, isRaised, LONGEST_LAG_MS, type RevocationStore } from "./revocations.ts";

interface CutOffDocument extends Formatted {
  /**
   * `cut-off:` and the key and time, escaped: adding it again is a 409, and nothing is ever replaced. Of one that is
   * raised, the key alone.
   */
  readonly id: string;
  readonly kind: "cut-off";
  readonly key: string;
  readonly before: number;
  readonly expires_at: number;
  /** Seconds. */
  readonly ttl: number;
}

interface SuspensionDocument extends Formatted {
  /** `suspension:<org id>` */
  readonly id: string;
  readonly kind: "suspension";
  readonly org_id: string;
  readonly suspended: boolean;
  /** How long a resumption is kept, so that every instance is told; it is forgotten then. */
  readonly ttl?: number;
}

type ControlDocument = (CutOffDocument | SuspensionDocument) & { readonly _ts: number };

const RESUMED_TTL_SECONDS = 24 * 3600;

/**
 * A document's `_ts` is set before the document can be read. So an overlap is read once more, for documents written at
 * the same time, and for those that a replica lagged behind with: the mark comes from whichever partition was furthest.
 */
const OVERLAP_SECONDS = LONGEST_LAG_MS / 1000;

/** Cut-offs and suspensions in the container `control`. Reading the changes costs about 3 RU. */
export function createCosmosRevocationStore(container: Container, now: () => number = Date.now): RevocationStore {
  return {
    addCutOff: async ({ key, before, expiresAt }) => {
      const id = `cut-off:${encodeURIComponent(isRaised(key) ? key : `${key} ${before}`)}`;
      // One more: they count from `_ts`, which is cut to the second.
      const ttl = Math.max(1, Math.ceil((expiresAt - now()) / 1000) + 1);
      const document: CutOffDocument = { id, kind: "cut-off", key, before, expires_at: expiresAt, ttl };
      await written(() => (isRaised(key) ? raise(container, document) : create(container, document)));
    },
    setSuspended: async (orgId, suspended) => {
      const ttl = suspended ? undefined : { ttl: RESUMED_TTL_SECONDS };
      const document: SuspensionDocument = {
        id: `suspension:${orgId}`,
        kind: "suspension",
        org_id: orgId,
        suspended,
        ...ttl,
      };
      await written(() => writeOver(container, "suspension", document));
    },
    readChanges: async (mark = 0) => {
      const found = await queryAll<ControlDocument>(
        container,
        sql(`SELECT * FROM c WHERE c.kind IN ("cut-off", "suspension") AND c._ts >= @since`, {
          since: Math.max(0, mark - OVERLAP_SECONDS),
        }),
      );
      return { changes: found.map(toChange), mark: found.reduce((last, { _ts }) => Math.max(last, _ts), mark) };
    },
  };
}

function create(container: Container, document: CutOffDocument): Promise<unknown> {
  return inTime((abortSignal) => container.items.create(stamp("cut-off", document), { abortSignal }));
}

/** More tries than instances that cut off the same org at once. */
const MOST_TRIES = 20;

/** Writes it over the one before, unless that is as late: what was cut off stays so. */
async function raise(container: Container, document: CutOffDocument): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const there = await readDocument<StoredCutOff>(container, document.id, document.id);
    if (there && there.before >= document.before) return;
    if (await isWritten(there ? replace(container, there, document) : create(container, document))) return;
  }
  throw new Error(`others write ${document.id} every time`);
}

type StoredCutOff = CutOffDocument & Readonly<Record<"_rid" | "_self" | "_etag" | "_attachments" | "_ts", string>>;

/** Members that this release does not know stay. */
function replace(container: Container, there: StoredCutOff, document: CutOffDocument): Promise<unknown> {
  const { _rid, _self, _etag, _attachments, _ts, ...known } = readable("cut-off", there);
  const accessCondition = { type: "IfMatch", condition: _etag };
  const whole = { ...known, ...stamp("cut-off", document) };
  return inTime((abortSignal) =>
    container.item(document.id, document.id).replace(whole, { accessCondition, abortSignal }),
  );
}

/** False when another one was faster, or the one before has expired in between. */
async function isWritten(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if ([404, 409, 412].includes(Number((error as { code?: unknown }).code))) return false;
    throw error;
  }
}

async function written(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { status } = writeResultOfError(error);
    if (status === "conflict") return;
    throw new AppError("store_unavailable", "Cosmos DB does not take the revocation", { cause: error, retryAfter: 1 });
  }
}

/**
 * One of a newer release counts too, where it has what this one knows of it: it ends at least that. Throws AppError
 * `store_unavailable` where it does not: an instance that does not know what was ended trusts no credential.
 */
function toChange(document: ControlDocument): ControlChange {
  if (!isReadable(document.kind, document) && !hasKnownMembers(document))
    throw newerThanThis(document.kind, versionOf(document));
  if (document.kind === "suspension")
    return { kind: "suspension", orgId: document.org_id, suspended: document.suspended };
  return { kind: "cut-off", key: document.key, before: document.before, expiresAt: document.expires_at };
}

function hasKnownMembers(document: ControlDocument): boolean {
  if (document.kind === "suspension")
    return typeof document.org_id === "string" && typeof document.suspended === "boolean";
  const { key, before, expires_at } = document;
  return typeof key === "string" && typeof before === "number" && typeof expires_at === "number";
}
