import { type Gate, nameOperation, recordRequest } from "@headrace/emulators/cosmos/gate.ts";
import type { CosmosRequest, CosmosResponse, Route } from "@headrace/emulators/cosmos/request.ts";
import type { UsageCounter } from "./usage-counter.ts";

/**
 * Counts what passes a gate: `requests`, `RU` by the emulator's model (`charge.ts`), `<operation> <container>` and `created <container>`,
 * which is documents.
 */
export function countCosmosUsage(gate: Gate, counter: UsageCounter): Gate {
  return {
    ...gate,
    leave: async (request, route, response) => {
      const { operation, container = "", charge } = recordRequest(request, route, response);
      counter.add("requests");
      counter.add("RU", charge);
      counter.add(`${operation} ${container}`);
      const created = countCreated(request, route, response);
      if (created > 0) counter.add(`created ${container}`, created);
      return (await gate.leave?.(request, route, response)) ?? response;
    },
  };
}

const CREATED = '"statusCode":201';

function countCreated(request: CosmosRequest, route: Route, { status, body }: CosmosResponse): number {
  if (route.resourceType !== "docs") return 0;
  const operation = nameOperation(request, route);
  if (operation !== "bulk" && operation !== "batch") return status === 201 ? 1 : 0;
  const text = String(body);
  let created = 0;
  for (let at = text.indexOf(CREATED); at !== -1; at = text.indexOf(CREATED, at + CREATED.length)) created++;
  return created;
}
