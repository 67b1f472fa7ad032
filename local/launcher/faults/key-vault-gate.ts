import { setTimeout as sleep } from "node:timers/promises";
import type { KeyVaultGate } from "@headrace/emulators/key-vault/dispatch.ts";
import { describeError, KeyVaultError } from "@headrace/emulators/key-vault/errors.ts";
import { answerJson, type HttpAnswer } from "@headrace/emulators/kit/serve-http.ts";
import type { FaultSource } from "./fault-source.ts";

/** Faults of Key Vault. A lost answer to a set is the worst: there is a new version, and the client does not know. */
export function createKeyVaultGate(source: FaultSource): KeyVaultGate {
  return {
    enter: async () => {
      switch (source.draw("forbidden", "unavailable", "throttled", "dropped", "slow")) {
        case "forbidden":
          return refuse(
            new KeyVaultError(
              403,
              "Forbidden",
              "Caller is not authorized to perform action on resource.",
              "ForbiddenByRbac",
            ),
          );
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

function refuse(error: KeyVaultError): HttpAnswer {
  return answerJson(error.status, describeError(error), { "retry-after": "1" });
}
