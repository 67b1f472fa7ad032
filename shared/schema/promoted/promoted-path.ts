import { z } from "zod";
import { columnNames } from "../../store/columns.ts";
import { pointer } from "../pointer.ts";
import type { PathColumn } from "./columns-of.ts";

/** A path of a type whose values its events are found by. */
export interface PromotedPath extends PathColumn {
  /** When it was promoted. RFC 3339. */
  readonly since: string;
  /** Events that were there before have been given their values. */
  readonly backfilled?: true;
}

/** A promoted path as readers see it. */
export interface PromotedView {
  readonly path: string;
  /** Events that were received before may be missing; null: none is. */
  readonly complete_from: string | null;
}

export const promoteSchema = z
  .array(pointer)
  .max(columnNames.length, `expected at most ${columnNames.length} paths`)
  .refine((paths) => new Set(paths).size === paths.length, "has a path twice");

/** Every instance honours a change of the registry within so many ms. */
export const HONOURED_MS = 30_000;

/** With these paths. Those that were there stay where they are; others take what is free. */
export function promote(
  before: readonly PromotedPath[],
  paths: readonly string[],
  at: number,
): readonly PromotedPath[] {
  const kept = before.filter(({ path }) => paths.includes(path));
  const free = columnNames.filter((name) => !kept.some(({ column }) => column === name));
  return paths.flatMap((path) => {
    const there = kept.find((one) => one.path === path);
    const column = there ? undefined : free.shift();
    if (there) return [there];
    return column ? [{ path, column, since: new Date(at).toISOString() }] : [];
  });
}

export function completeFromOf({ since, backfilled }: PromotedPath): string | null {
  return backfilled ? null : new Date(Date.parse(since) + HONOURED_MS).toISOString();
}

export function toPromotedView(promoted: PromotedPath): PromotedView {
  return { path: promoted.path, complete_from: completeFromOf(promoted) };
}
