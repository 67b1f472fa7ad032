import type { Registration } from "../plan/engine/registration.ts";
import { type Checked, checkResource } from "./check-resource.ts";
import { type FindType, openTypes } from "./published.ts";

/** Holds every resource of azure-native among the registrations against the published types in a folder. */
export async function checkTypes(registrations: readonly Registration[], folder: string): Promise<readonly Checked[]> {
  const find = once(await openTypes(folder));
  const resources = registrations.filter(({ type }) => type.startsWith("azure-native:"));
  return Promise.all(resources.map((registration) => checkResource(registration, find)));
}

/** Reads each type once. */
function once(find: FindType): FindType {
  const found = new Map<string, ReturnType<FindType>>();
  return (type, version) => {
    const key = `${type}@${version}`;
    const known = found.get(key) ?? find(type, version);
    found.set(key, known);
    return known;
  };
}
