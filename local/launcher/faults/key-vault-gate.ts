import { setTimeout as sleep } from "node:timers/promises";
import { describeError, KeyVaultError } from "@headrace/emulators/key-vault/errors.ts";
import type { Gate, KeyVaultResponse } from "@headrace/emulators/key-vault/request.ts";
import type { FaultSource } from "./fault-source.ts";

/** Faults of Key Vault. A lost answer to a set is the worst: there is a new version, and the client does not know. */
export function createKeyVaultGate(source: FaultSource): Gate {
  return {
    enter: async () => {
      switch (source.draw("unavailable", "throttled", "dropped", "slow")) {
        case "unavailable":
          return refuse(new KeyVaultError(503, "ServiceUnavailable", "The service is unavailable."));
        case "throttled":
          return refuse(
            new KeyVaultError(429, "Throttled", "Request was not processed because too many requests were received."),
          );
        case "dropped":
          return "dropped";
        case "slow":
          await sleep(400);
          return undefined;
        default:
          return undefined;
      }
    },
    leave: async ({ method }, response) =>
      method !== "GET" && response.status < 300 && source.draw("lost-answer") ? "dropped" : response,
  };
}

function refuse(error: KeyVaultError): KeyVaultResponse {
  return { status: error.status, headers: { "retry-after": "1" }, body: describeError(error) };
}
