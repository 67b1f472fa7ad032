import type { Registration } from "../../../infra/plan/engine/registration.ts";

/** A registration such as the engine records, for tests of what reads them. */
export function registrationOf(
  type: string,
  inputs: Registration["inputs"],
  more: Partial<Registration> = {},
): Registration {
  const name = more.name ?? "it";
  return {
    type,
    name,
    urn: `urn:pulumi:dev::headrace::${type}::${name}`,
    custom: true,
    inputs,
    secrets: [],
    dependencies: [],
    propertyDependencies: {},
    protect: false,
    aliases: [],
    hooks: {},
    ignoreChanges: [],
    replaceOnChanges: [],
    retainOnDelete: false,
    deleteBeforeReplace: false,
    ...more,
  };
}
