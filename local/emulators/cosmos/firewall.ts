import { CosmosError } from "./errors.ts";
import type { CosmosGate } from "./gate.ts";
import { describeError, respond } from "./responses.ts";

/**
 * An account without public access, whose names lead to its private endpoint, except those of which `isPublic` says
 * that they lead to its public address. Given without port.
 */
export function refusePublicNames(isPublic: (host: string) => boolean): CosmosGate {
  return {
    enter: async ({ headers }) => {
      if (!isPublic((headers.host ?? "").replace(/:\d+$/, ""))) return undefined;
      return respond(describeError(refusal()), "firewall");
    },
  };
}

function refusal(): CosmosError {
  return new CosmosError(
    403,
    "Request originated from IP 203.0.113.7 through public internet. This is blocked by your Cosmos DB account firewall " +
      "settings. More info: https://aka.ms/cosmosdb-tsg-forbidden",
  );
}
