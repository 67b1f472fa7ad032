import type { HttpRequest } from "@azure/functions";
import type { Limits } from "../config.ts";
import { checkAnnounced } from "../http/read-body.ts";
import type { Principal } from "../identity/principal.ts";
import type { SharedMemory } from "../runtime/shared-memory.ts";
import { type BodyMemory, createBodyMemory } from "./body-memory.ts";

export interface AdmitDeps {
  /** Bounds the bytes of large bodies in work, and shares them between orgs. */
  readonly memory: SharedMemory;
  readonly limits: Limits;
}

/**
 * The one step between knowing who sends and reading what: it has the principal and the announced length. Gives the
 * memory that the body takes of what its org may have. Throws AppError `body_too_large`.
 */
export function admitBody(
  { memory, limits }: AdmitDeps,
  { orgId }: Principal,
  request: Pick<HttpRequest, "headers">,
): BodyMemory {
  checkAnnounced(request, limits.bodyBytes);
  return createBodyMemory(memory, orgId, limits.unpackedBytes);
}
