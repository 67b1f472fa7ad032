import { HOST } from "@headrace/emulators/kit/listen.ts";

/**
 * Azurite's own account and key, the same on every machine: https://github.com/Azure/Azurite#default-storage-account
 */
export const account = "devstoreaccount1";
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

export function storageConnectionString(ports: { readonly blob: number; readonly queue: number }): string {
  return [
    "DefaultEndpointsProtocol=http",
    `AccountName=${account}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=http://${HOST}:${ports.blob}/${account}`,
    `QueueEndpoint=http://${HOST}:${ports.queue}/${account};`,
  ].join(";");
}
