import { setTimeout as sleep } from "node:timers/promises";
import { CosmosError } from "../cosmos/errors.ts";
import { type Gate, nameOperation } from "../cosmos/gate.ts";
import type { CosmosResponse } from "../cosmos/request.ts";
import { describeError, respond } from "../cosmos/responses.ts";
import type { FaultSource } from "./fault-source.ts";

const refusals = {
  throttled: () => new CosmosError(429, "Request rate is large.", 3200, 200),
  "retry-with": () => new CosmosError(449, "Retry with."),
  timeout: () => new CosmosError(408, "Request timed out."),
  unavailable: () => new CosmosError(503, "Service is currently unavailable."),
  unauthorized: () => new CosmosError(401, "The input authorization token can't serve the request."),
} as const;

/** Faults of Cosmos DB, for requests about documents. */
export function createCosmosGate(source: FaultSource): Gate {
  return {
    enter: async (_request, route) => {
      if (route.resourceType !== "docs") return undefined;
      const kind = source.draw("throttled", "retry-with", "timeout", "unavailable", "unauthorized", "slow");
      if (kind === undefined) return undefined;
      if (kind !== "slow") return respond(describeError(refusals[kind]()), "fault");
      await sleep(500);
      return undefined;
    },
    leave: async (request, route, response) => {
      if (route.resourceType !== "docs") return response;
      if (source.draw("lost-answer")) return "lost";
      return nameOperation(request, route) === "bulk" && source.draw("partial-bulk")
        ? throttleSome(response)
        : response;
    },
  };
}

/** Every third operation of a bulk answer says 429, although it was done: the worst kind of partial success. */
function throttleSome(response: CosmosResponse): CosmosResponse {
  const results: unknown = JSON.parse(String(response.body));
  if (!Array.isArray(results)) return response;
  const some = results.map((result: unknown, i) =>
    i % 3 === 0 ? { statusCode: 429, requestCharge: 1, retryAfterMilliseconds: 200 } : result,
  );
  return { ...response, status: 207, body: JSON.stringify(some) };
}
