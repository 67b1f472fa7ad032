import { badRequest } from "./errors.ts";
import type { CosmosRequest } from "./request.ts";

/** The weakest first. */
export const consistencyLevels = ["Eventual", "ConsistentPrefix", "Session", "BoundedStaleness", "Strong"] as const;
export type ConsistencyLevel = (typeof consistencyLevels)[number];

/**
 * A request may ask for its account's level or a weaker one. Reading the account itself is never refused, or no client
 * could learn the level. @throws {CosmosError} 400
 */
export function checkConsistency({ headers, route }: CosmosRequest, own: ConsistencyLevel): void {
  const asked = headers["x-ms-consistency-level"];
  if (asked === undefined || route.resourceType === "account") return;
  const level = consistencyLevels.findIndex((one) => one.toLowerCase() === asked.toLowerCase());
  if (level < 0) throw badRequest(`The consistency level '${asked}' is not known.`);
  if (level <= consistencyLevels.indexOf(own)) return;
  throw badRequest(
    `ConsistencyLevel ${asked} specified in the request is invalid when service is configured with consistency level ` +
      `${own}. Ensure the request consistency level is not stronger than the service consistency level.`,
  );
}
