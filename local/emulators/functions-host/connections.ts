import process from "node:process";
import type { TokenCredential } from "@azure/identity";
import { createLocalCredential } from "../managed-identity/local-credential.ts";
import { getSetting } from "./app-settings.ts";
import { HostError } from "./host-error.ts";

/** A connection string, or a section of settings `<name>__…` for a managed identity. */
export type Connection = { readonly text: string } | { readonly section: (key: string) => string | undefined };

/**
 * `AzureWebJobs<name>` is looked for before `<name>`, as azure-webjobs-sdk's `GetWebJobsConnectionSection` does.
 *
 * @param keys settings of the section, one of which must be there @throws HostError when the connection is not set
 */
export function resolveConnection(name: string, keys: readonly string[]): Connection {
  for (const candidate of [`AzureWebJobs${name}`, name, `ConnectionStrings__${name}`]) {
    const text = getSetting(candidate);
    if (text) return { text };
    const section = (key: string): string | undefined => getSetting(`${candidate}__${key}`);
    if (keys.some((key) => section(key) !== undefined)) return { section };
  }
  const wanted = keys.map((key) => `${name}__${key}`).join(" or ");
  throw new HostError(`The connection '${name}' is not set: give ${name} a connection string, or set ${wanted}.`);
}

/**
 * The host's own credential: the system-assigned identity, unless `credential` and `clientId` name another. Not
 * `ManagedIdentityCredential`, which would share its tokens and its endpoint with the app's: the real host is another
 * process.
 * https://learn.microsoft.com/azure/azure-functions/functions-reference#configure-an-identity-based-connection
 */
export function createCredential(section: (key: string) => string | undefined): TokenCredential {
  const clientId = section("credential")?.toLowerCase() === "managedidentity" ? section("clientId") : undefined;
  const { env } = process;
  const read = () => ({
    IDENTITY_ENDPOINT: env.IDENTITY_ENDPOINT ?? "",
    IDENTITY_HEADER: env.IDENTITY_HEADER ?? "",
  });
  return createLocalCredential(read, clientId);
}

export function serviceUri(section: (key: string) => string | undefined, service: "blob" | "queue"): string {
  const uri = section(`${service}ServiceUri`) ?? section("serviceUri");
  return uri ?? `https://${section("accountName")}.${service}.core.windows.net`;
}
