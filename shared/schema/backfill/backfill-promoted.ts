import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { ColumnStore, EventWithColumns } from "../../event/column-store.ts";
import type { JobError, JobKind, JobOf, StepResult } from "../../jobs/job.ts";
import type { Deadline } from "../../runtime/deadline.ts";
import { reached } from "../../runtime/reached.ts";
import { change } from "../../store/change.ts";
import { type Columns, columnNames } from "../../store/columns.ts";
import type { WriteResult } from "../../store/write-result.ts";
import { columnsOf } from "../promoted/columns-of.ts";
import { HONOURED_MS, type PromotedPath } from "../promoted/promoted-path.ts";
import type { RegistryStore } from "../registry/registry-store.ts";

export const BACKFILL_KIND = "backfill-promoted";

export interface BackfillDeps {
  readonly columns: ColumnStore;
  readonly registry: Pick<RegistryStore, "catchUp" | "readType" | "commit">;
  /** Whether everything that is accepted has its outcome; false when nobody can tell. */
  readonly isIdle: () => Promise<boolean>;
  readonly now: () => number;
}

const parametersSchema = z.object({
  event_type: z.string(),
  /** What was promoted when it was started, and since when. */
  paths: z.array(z.object({ path: z.string(), since: z.string() })),
});
export type BackfillParameters = z.output<typeof parametersSchema>;
type Job = JobOf<BackfillParameters>;

const cursorSchema = z.object({ timestamp: z.string(), id: z.string() }).nullable();
/** Where a job stands that waits until it may begin. */
const WAITING = "waiting";
const PAUSE_SECONDS = 5;
/** How long what was accepted before may be under way, when something always is. */
const UNDER_WAY_MS = 10 * 60_000;
/** Some 10 RU each that lacks what it should have. */
const PAGE = 100;
/** Each is lost only to others that change the same events. */
const ROUNDS = 8;

/**
 * Gives events of a type that are there what they are found by, newest first, by a step for each page. It begins when
 * every event that comes in has its columns, and what was accepted before is stored: so none is passed over. At the end
 * the type says so. No account changes.
 */
export function createBackfillKind(deps: BackfillDeps): JobKind<BackfillParameters> {
  return {
    scope: "schemas:manage",
    parameters: parametersSchema,
    step: async (job, cursor, deadline) => {
      const paths = await readPaths(deps, job);
      if (paths.length === 0) return { ...NOTHING, cursor: null };
      if ((cursor === null || cursor === WAITING) && !(await mayBegin(deps, paths)))
        return { ...NOTHING, cursor: WAITING, pauseSeconds: PAUSE_SECONDS };
      const after = cursor === WAITING ? null : cursorSchema.parse(cursor);
      const done = await fillPage(deps, job, paths, after, deadline);
      if (done.cursor === null) await tellComplete(deps, job);
      return done;
    },
  };
}

const NOTHING = { counts: {}, errors: [] } as const;

/** Those that the type still promotes as it did when the job was started. */
async function readPaths({ registry }: BackfillDeps, { org_id, parameters }: Job): Promise<readonly PromotedPath[]> {
  await registry.catchUp(org_id);
  const type = (await registry.readType(org_id, parameters.event_type))?.value;
  return (type?.promoted ?? []).filter((one) => isMeant(parameters, one));
}

function isMeant({ paths }: BackfillParameters, { path, since }: PromotedPath): boolean {
  return paths.some((one) => one.path === path && one.since === since);
}

async function mayBegin({ isIdle, now }: BackfillDeps, paths: readonly PromotedPath[]): Promise<boolean> {
  const age = now() - Math.max(...paths.map(({ since }) => Date.parse(since)));
  return age >= HONOURED_MS + UNDER_WAY_MS || (age >= HONOURED_MS && (await isIdle()));
}

async function fillPage(
  { columns }: BackfillDeps,
  { org_id, parameters: { event_type } }: Job,
  paths: readonly PromotedPath[],
  after: z.output<typeof cursorSchema>,
  deadline: Deadline,
): Promise<StepResult> {
  for (let round = 0; round < ROUNDS; round++) {
    const asked = { eventType: event_type, limit: PAGE, ...(after && { after }) };
    const { events: page, complete } = await columns.list(org_id, asked);
    const wanted = page.map((event) => columnsOf(event_type, paths, event.properties));
    const lacking = page.flatMap((event, i) => {
      const lack = lackOf(event, wanted[i]);
      return lack && !event.isNewer ? [{ id: event.id, etag: event.etag, columns: lack }] : [];
    });
    const results = await columns.set(org_id, lacking, deadline);
    const refused = readResults(lacking, results);
    if (!refused) continue;
    const last = complete ? undefined : page.at(-1);
    const found = wanted.filter((one) => one !== undefined).length;
    return {
      cursor: last ? { timestamp: last.timestamp, id: last.id } : null,
      // The same of a page that was filled before.
      counts: { found, none: page.length - found },
      errors: [...refused, ...page.filter(({ isNewer }) => isNewer).map(({ id }) => leave(id, "newer_format", NEWER))],
    };
  }
  throw new AppError("store_unavailable", "others change the same events", { retryAfter: 1 });
}

const NEWER = "a newer release wrote it";

/** Columns that an event should have and has not. One that it has beyond finds nothing. */
function lackOf(event: EventWithColumns, wanted: Columns | undefined): Columns | undefined {
  const names = columnNames.filter((name) => wanted?.[name] !== undefined && wanted[name] !== event[name]);
  return names.length > 0 ? Object.fromEntries(names.map((name) => [name, wanted?.[name]])) : undefined;
}

/** What the store refuses; undefined when events have changed meanwhile. Throws AppError `store_unavailable`. */
function readResults(
  changes: readonly { readonly id: string }[],
  results: readonly WriteResult[],
): readonly JobError[] | undefined {
  const open = results.find((one) => one.status === "unavailable");
  if (open) throw new AppError("store_unavailable", "not every event of the page is written", { retryAfter: 1 });
  if (results.some(({ status }) => status === "conflict")) {
    reached("backfill-meets-another-change");
    return undefined;
  }
  return results.flatMap((one, i) =>
    one.status === "refused" ? [leave(changes[i]?.id ?? "", "refused", one.reason)] : [],
  );
}

function leave(target: string, code: string, message: string): JobError {
  return { target, code, message };
}

/** Unless a path was given up meanwhile. */
async function tellComplete({ registry }: BackfillDeps, { org_id, parameters }: Job): Promise<void> {
  await change(registry, org_id, async () => {
    const found = await registry.readType(org_id, parameters.event_type);
    const { promoted = [] } = found?.value ?? {};
    if (!found || !promoted.some((one) => isMeant(parameters, one) && !one.backfilled))
      return { writes: [], result: undefined };
    const marked = promoted.map((one) => (isMeant(parameters, one) ? { ...one, backfilled: true as const } : one));
    return { writes: [{ replace: { ...found.value, promoted: marked }, etag: found.etag }], result: undefined };
  });
}
