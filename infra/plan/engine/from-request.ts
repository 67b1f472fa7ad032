import type { Alias } from "@pulumi/pulumi/proto/alias_pb.js";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { type HookEvent, hookEvents, type Registration } from "./registration.ts";
import { decode, type Properties } from "./values.ts";

/** Reads what the language runtime sends for one resource. */
export function fromRequest(request: RegisterResourceRequest, urn: string): Registration {
  const { properties, secrets } = decode((request.getObject()?.toJavaScript() ?? {}) as Properties);
  const parent = request.getParent();
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    custom: request.getCustom(),
    inputs: properties,
    secrets,
    ...(parent === "" ? {} : { parent }),
    dependencies: request.getDependenciesList(),
    propertyDependencies: readPropertyDependencies(request),
    protect: request.getProtect() ?? false,
    aliases: request.getAliasesList().flatMap(readAlias),
    hooks: readHooks(request.getHooks()),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
  };
}

function readPropertyDependencies(request: RegisterResourceRequest): Record<string, string[]> {
  const read: Record<string, string[]> = {};
  request.getPropertydependenciesMap().forEach((dependencies, property) => {
    read[property] = dependencies.getUrnsList();
  });
  return read;
}

function readAlias(alias: Alias): string[] {
  const spec = alias.getSpec();
  if (spec === undefined) return [alias.getUrn()];
  if (spec.getName() === "" && spec.getType().startsWith("azure-native:")) return [];
  return [[spec.getParenturn(), spec.getType(), spec.getName()].filter((part) => part !== "").join("::")];
}

function readHooks(
  binding: RegisterResourceRequest.ResourceHooksBinding | undefined,
): Partial<Record<HookEvent, readonly string[]>> {
  if (binding === undefined) return {};
  const lists = {
    beforeCreate: binding.getBeforeCreateList(),
    afterCreate: binding.getAfterCreateList(),
    beforeUpdate: binding.getBeforeUpdateList(),
    afterUpdate: binding.getAfterUpdateList(),
    beforeDelete: binding.getBeforeDeleteList(),
    afterDelete: binding.getAfterDeleteList(),
  };
  return Object.fromEntries(
    hookEvents.map((event) => [event, lists[event]]).filter(([, names]) => names?.length !== 0),
  );
}
