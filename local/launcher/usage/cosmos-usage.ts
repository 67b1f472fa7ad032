import { type CosmosGate, nameOperation, watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import type { CosmosRequest, CosmosResponse } from "@headrace/emulators/cosmos/request.ts";
import type { UsageCounter } from "./usage-counter.ts";

/**
 * Counts the requests that pass a gate: `requests`, `RU` by the emulator's model (`charge.ts`), `<operation>
 * <container>`, and `created <container>`, which counts documents.
 */
export function countCosmosUsage(gate: CosmosGate, counter: UsageCounter): CosmosGate {
  return watchRequests(({ operation, container = "", charge }, request, response) => {
    counter.add("requests");
    counter.add("RU", charge);
    counter.add(`${operation} ${container}`);
    const created = countCreated(request, response);
    if (created > 0) counter.add(`created ${container}`, created);
  }, gate);
}

const CREATED = '"statusCode":201';

function countCreated(request: CosmosRequest, { status, body }: CosmosResponse): number {
  if (request.route.resourceType !== "docs") return 0;
  const operation = nameOperation(request);
  if (operation !== "bulk" && operation !== "batch") return status === 201 ? 1 : 0;
  let created = 0;
  for (let at = body.indexOf(CREATED); at !== -1; at = body.indexOf(CREATED, at + CREATED.length)) created++;
  return created;
}
