import { z } from "zod";
import { type EventProblemCode, eventProblemTable } from "../errors.ts";
import { timeParameter, wholeNumberParameter } from "../http/parameters.ts";
import type { QuarantineQuery } from "./quarantine-store.ts";

const codes = Object.keys(eventProblemTable) as [EventProblemCode, ...EventProblemCode[]];
const cursor = z.string().min(1).max(2_000).optional();

export const quarantineFilters = {
  code: z.enum(codes).optional(),
  event_type: z.string().min(1).optional(),
  /** Of the receipt. */
  from: timeParameter.optional(),
  to: timeParameter.optional(),
};

export const quarantineParameters = z.object({
  ...quarantineFilters,
  limit: wholeNumberParameter(1, 1_000).default(100),
  cursor,
});

export const quarantineCountParameters = z.object({ ...quarantineFilters, cursor });

/** Bounds that every RFC 3339 time in UTC lies within, as text. */
const FIRST = "0000";
const LAST = "A";

export type Filters = z.output<typeof quarantineCountParameters>;

export function toQuery({ code, event_type, from, to }: Filters): Omit<QuarantineQuery, "limit" | "after"> {
  return {
    from: from === undefined ? FIRST : new Date(from).toISOString(),
    to: to === undefined ? LAST : new Date(to).toISOString(),
    ...(code === undefined ? undefined : { code }),
    ...(event_type === undefined ? undefined : { eventType: event_type }),
  };
}
