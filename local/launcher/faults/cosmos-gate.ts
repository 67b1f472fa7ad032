import { setTimeout as sleep } from "node:timers/promises";
import { CosmosError, conflict } from "@headrace/emulators/cosmos/errors.ts";
import { type CosmosGate, nameOperation } from "@headrace/emulators/cosmos/gate.ts";
import type { CosmosRequest, CosmosResponse } from "@headrace/emulators/cosmos/request.ts";
import { describeError, respond } from "@headrace/emulators/cosmos/responses.ts";
import { refuseWithoutRole } from "@headrace/emulators/cosmos/roles.ts";
import { localIdentity } from "@headrace/emulators/managed-identity/identity.ts";
import { containers } from "../../../shared/store/containers.ts";
import type { FaultSource } from "./fault-source.ts";
import { createGatewayAnswers, cutOff } from "./gateway-answers.ts";

const refusals = {
  throttled: () => new CosmosError(429, "Request rate is large.", 3200, 200),
  "retry-with": () => new CosmosError(449, "Retry with."),
  timeout: () => new CosmosError(408, "Request timed out."),
  unavailable: () => new CosmosError(503, "Service is currently unavailable."),
  unauthorized: () => new CosmosError(401, "The input authorization token can't serve the request."),
} as const;

/** Faults of Cosmos DB, for requests about documents; without a role every request is refused. */
export function createCosmosGate(source: FaultSource): CosmosGate {
  const answerOfGateway = createGatewayAnswers();
  return {
    enter: async (request) => {
      if (source.draw("forbidden")) return respond(describeError(refuseWithoutRole(request, localIdentity)), "fault");
      if (request.route.resourceType !== "docs") return undefined;
      const kind = source.draw("throttled", "retry-with", "timeout", "unavailable", "unauthorized", "slow");
      if (kind === undefined) {
        const gateway = source.draw("no-body", "html", "cut-off");
        return gateway === undefined ? conflictWithNothing(source, request) : answerOfGateway(gateway);
      }
      if (kind !== "slow") return respond(describeError(refusals[kind]()), "fault");
      await sleep(500);
      return undefined;
    },
    leave: async (request, response) => {
      if (request.route.resourceType !== "docs") return response;
      if (source.draw("lost-answer")) return "dropped";
      if (source.draw("cut-off")) return cutOff(response);
      const isBulk = nameOperation(request) === "bulk" && response.status < 300;
      return isBulk && source.draw("partial-bulk") ? throttleSome(response) : response;
    },
  };
}

/**
 * 409 for documents that are not there. The next look finds nothing, as if the document had expired or been erased
 * between the create and the look. Only for `events`: entries of the ledger never go, so code that met one relies on
 * its being there.
 */
function conflictWithNothing(source: FaultSource, request: CosmosRequest): CosmosResponse | undefined {
  if (request.route.container !== containers.events.id) return undefined;
  const operation = nameOperation(request);
  if (operation === "create")
    return source.draw("conflict-gone") && respond(describeError(conflict("a document")), "fault");
  if (operation !== "bulk" || !source.draw("conflict-gone")) return undefined;
  const operations = JSON.parse(request.body) as readonly unknown[];
  const body = JSON.stringify(operations.map(() => ({ statusCode: 409, requestCharge: 1 })));
  return respond({ status: 207, body }, "fault");
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
