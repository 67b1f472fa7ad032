import { z } from "zod";
import type { JsonObject } from "../event/event.ts";

const text = z.string().nullish();

/** What is known of `properties` is typed, all of it may be missing, and anything may stand beside it. */
const of = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ event_type: z.literal(type), properties: z.looseObject(shape).nullish() });

/**
 * The types of events that mean the same to everyone: the SDK and all dialects send them. All other types are the
 * org's own, and their `properties` are free.
 */
export const platformEventSchema = z.discriminatedUnion("event_type", [
  of("page_view", { url: text, path: text, referrer: text, search: text, title: text, name: text, category: text }),
  of("screen_view", { name: text, category: text }),
  // Of the person that `user_id` or `anonymous_id` names.
  of("identify", { name: text, email: text }),
  // The person belongs to it.
  of("group", { group_id: text, name: text }),
  // From now on the person is `user_id`, who was `previous_id` before.
  of("alias", { previous_id: text }),
]);

const types = new Set<string>(platformEventSchema.options.map(({ shape }) => shape.event_type.value));

export function isPlatformType(type: string): boolean {
  return types.has(type);
}

/** The first thing that does not fit a platform type; undefined for what fits, and for any other type. */
export function findPlatformIssue(event: {
  readonly event_type: string;
  readonly properties?: JsonObject | null | undefined;
}): z.core.$ZodIssue | undefined {
  if (!types.has(event.event_type)) return undefined;
  return platformEventSchema.safeParse(event).error?.issues[0];
}
