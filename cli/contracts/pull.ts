import { type Contract, contractSchema, writeContract } from "./contract-files.ts";
import type { RegistryClient } from "./registry-client.ts";

/** Writes a file for each type of the registry, over one that is there. The files' names. */
export async function pullContracts(
  folder: string,
  types: readonly string[],
  registry: RegistryClient,
): Promise<string[]> {
  const wanted = types.length > 0 ? types : await registry.listTypes();
  const names: string[] = [];
  for (const eventType of wanted) {
    const contract = await readRegistered(eventType, registry);
    if (contract) names.push(writeContract(folder, contract));
  }
  return names;
}

async function readRegistered(event_type: string, registry: RegistryClient): Promise<Contract | undefined> {
  const type = await registry.readType(event_type);
  if (!type) return undefined;
  const versions: unknown[] = [];
  for (const { version } of type.versions) versions.push(await registry.readVersion(event_type, version));
  const { owner, description, mode, compatibility } = type;
  const promote = type.promoted.map(({ path }) => path);
  const settings = { owner, description, mode, compatibility, ...(promote.length > 0 && { promote }) };
  return contractSchema.parse({ event_type, ...settings, versions });
}
