import { AppError } from "../../errors.ts";
import { createOrgMemory } from "../../org/org-memory.ts";
import { type Answer, Refreshed, type RefreshRules } from "../../runtime/refreshed.ts";
import { bytesOf, registryBounds } from "./bounds.ts";
import { type OrgSchemasReader, type ReadSchemas, toOrgSchemas } from "./org-schemas.ts";
import type { RegistryStore } from "./registry-store.ts";

export interface OrgSchemasDeps {
  readonly store: Pick<RegistryStore, "catchUp" | "readSchemas">;
  /** Whether the org's state says that it has schemas. Rejects when nobody can tell. */
  readonly hasSchemas: (orgId: string) => Promise<boolean>;
}

export interface OrgSchemasOptions {
  /** Age in ms at which an org's schemas are asked for again, while its events come. */
  readonly refreshMs: number;
  /** Age in ms from which a request waits for a new answer. */
  readonly staleMs?: number;
  /** How long in ms what was known stays good while the store is away. */
  readonly graceMs?: number;
  /** Bytes of JSON remembered at once, of all orgs together. */
  readonly remembered?: number;
  readonly now?: () => number;
}

interface Known {
  readonly etag: string;
  readonly found: ReadSchemas;
}

/** One org takes a 24th of the memory at most: `registryBounds.bytes`. */
const REMEMBERED_BYTES = 24 * registryBounds.bytes;
const STALE_MS = 25_000;
const RETRY_SECONDS = 5;

export function createOrgSchemasReader(deps: OrgSchemasDeps, options: OrgSchemasOptions): OrgSchemasReader {
  const open = createOpen(deps, options);
  return {
    read: async (orgId, since) => {
      const has = await deps.hasSchemas(orgId).catch((cause: unknown) => {
        throw schemasUnavailable("the org's state cannot be read", cause);
      });
      if (!has) return undefined;
      const found = (await answerOf(open(orgId), since))?.value.found;
      if (found && "schemas" in found) return found.schemas;
      throw schemasUnavailable(found?.unreadable ?? "the registry does not answer");
    },
  };
}

/** Undefined also where what is known is not new enough, and the registry does not answer. */
async function answerOf(known: Refreshed<Known>, since: number | undefined): Promise<Answer<Known> | undefined> {
  if (since === undefined) return known.current();
  if (!isSince(known.held, since)) await known.refresh();
  return isSince(known.held, since) ? known.held : undefined;
}

function isSince(answer: Answer<Known> | undefined, since: number): boolean {
  return answer !== undefined && answer.askedAt >= since;
}

function schemasUnavailable(reason: string, cause?: unknown): AppError {
  return new AppError("schemas_unavailable", "what the org's events are held against cannot be told", {
    reason,
    cause,
    retryAfter: RETRY_SECONDS,
  });
}

/** Gives what is remembered of an org, or a place for it. */
function createOpen({ store }: OrgSchemasDeps, options: OrgSchemasOptions): (orgId: string) => Refreshed<Known> {
  const { refreshMs, staleMs = STALE_MS, graceMs: goodMs, remembered = REMEMBERED_BYTES, now = Date.now } = options;
  const rules: RefreshRules = { refreshMs, staleMs, now, ...(goodMs === undefined ? undefined : { goodMs }) };
  const memory = createOrgMemory<Refreshed<Known>>(remembered);
  const make = (orgId: string): Refreshed<Known> => {
    const known: Refreshed<Known> = new Refreshed(async () => {
      const { size, ...read } = await readAnew(store, orgId, known.held?.value);
      if (size !== undefined) memory.remember(orgId, known, size);
      return read;
    }, rules);
    memory.remember(orgId, known, 0);
    return known;
  };
  return (orgId) => memory.find(orgId) ?? make(orgId);
}

/** Sees what any instance has written before this call. `size`: bytes, of what was not known. */
async function readAnew(
  store: OrgSchemasDeps["store"],
  orgId: string,
  known: Known | undefined,
): Promise<Known & { readonly size?: number }> {
  await store.catchUp(orgId);
  const found = await store.readSchemas(orgId, known?.etag);
  if (found === "unchanged" && known) return known;
  const document = found === "unchanged" ? undefined : found;
  const size = document ? bytesOf(document.value) : 0;
  return { etag: document?.etag ?? "", found: toOrgSchemas(document), size };
}
