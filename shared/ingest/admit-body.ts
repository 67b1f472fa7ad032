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
 * Most bytes of a body by a publishable key, as sent and unpacked: whoever has seen the key can use up a share of what
 * its org has. SDKs in pages send 500 KB at most.
 */
const PAGE_BYTES = 512 * 1024;

/**
 * The one step between knowing who sends and reading what: it has the principal and the announced length. Gives the
 * memory that the body takes of what its org may have. Throws AppError `body_too_large`.
 */
export function admitBody(
  { memory, limits }: AdmitDeps,
  { orgId, origins }: Principal,
  request: Pick<HttpRequest, "headers">,
): BodyMemory {
  const ofPage = origins !== undefined;
  checkAnnounced(request, ofPage ? Math.min(PAGE_BYTES, limits.bodyBytes) : limits.bodyBytes);
  const most = ofPage ? Math.min(PAGE_BYTES, limits.unpackedBytes) : limits.unpackedBytes;
  return createBodyMemory(memory, orgId, most);
}
