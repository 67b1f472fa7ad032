import type { Container, PatchOperation } from "@azure/cosmos";
import { AppError } from "../errors.ts";
import { inTime, queryAll } from "../store/cosmos.ts";
import { type Formatted, formats, isReadable, stamp } from "../store/formats.ts";
import type { OrgUse, VersionUse } from "./version-use.ts";

interface VersionUseDocument extends Formatted {
  /** `version-use:<route>:<org>`; without the org where nobody says who they are. */
  readonly id: string;
  readonly kind: "version-use";
  readonly route: string;
  readonly org_id: string | null;
  readonly last_used_on: string;
  readonly months: Readonly<Record<string, number>>;
  /** Seconds. */
  readonly ttl: number;
}

/** Counted from the last write: who has used nothing for so long has moved. */
const TTL_SECONDS = 400 * 24 * 3600;

/** A document for each route that is to go and each org that uses it, in the container `control`. */
export function createCosmosVersionUse(container: Container): VersionUse {
  return {
    add: async (use) => {
      try {
        if (!(await addTo(container, use)) && !(await create(container, use))) await addTo(container, use);
      } catch (cause) {
        throw new AppError("store_unavailable", "Cosmos DB does not take the use", { cause, retryAfter: 1 });
      }
    },
    list: async () => {
      const query = `SELECT * FROM c WHERE c.kind = "version-use"`;
      const found = await queryAll<VersionUseDocument>(container, { query });
      return found
        .filter((document) => isReadable("version-use", document))
        .map(({ route, org_id, last_used_on, months }) => ({ route, orgId: org_id, lastUsedOn: last_used_on, months }));
    },
  };
}

function idOf({ route, orgId }: OrgUse): string {
  return `version-use:${route}${orgId === null ? "" : `:${orgId}`}`;
}

/** False when there is none yet. Instances add at the same time, so that the store does the sum. */
async function addTo(container: Container, use: OrgUse): Promise<boolean> {
  const id = idOf(use);
  const operations: PatchOperation[] = [
    { op: "set", path: "/last_used_on", value: use.lastUsedOn },
    ...Object.entries(use.months).map(([month, value]) => ({ op: "incr" as const, path: `/months/${month}`, value })),
  ];
  const condition = `FROM c WHERE c.v = ${formats["version-use"].writes}`;
  return await isDone(404, (abortSignal) => container.item(id, id).patch({ condition, operations }, { abortSignal }));
}

/** False when another instance was faster. */
async function create(container: Container, use: OrgUse): Promise<boolean> {
  const { route, orgId, lastUsedOn, months } = use;
  const document: VersionUseDocument = {
    ...{ id: idOf(use), kind: "version-use", route, org_id: orgId },
    ...{ last_used_on: lastUsedOn, months, ttl: TTL_SECONDS },
  };
  return await isDone(409, (abortSignal) => container.items.create(stamp("version-use", document), { abortSignal }));
}

async function isDone(not: number, write: (abortSignal: AbortSignal) => Promise<unknown>): Promise<boolean> {
  try {
    await inTime(write);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === not) return false;
    throw error;
  }
}
