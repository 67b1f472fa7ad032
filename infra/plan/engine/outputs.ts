import { armPathOf } from "../arm-paths.ts";
import { armNameOf, guidOf } from "./arm-id.ts";
import type { Kept, Registration } from "./registration.ts";
import { isObject, type Properties, UNKNOWN } from "./values.ts";

interface About {
  readonly name: string;
  readonly id: string;
  readonly inputs: Properties;
}

/** What Azure would add to what it was given, in the shape that Azure gives it. */
const computed: Readonly<Record<string, (about: About) => Properties>> = {
  "applicationinsights:Component": ({ id }) => ({
    appId: guidOf(`${id}#app`),
    instrumentationKey: guidOf(id),
    connectionString: `InstrumentationKey=${guidOf(id)};IngestionEndpoint=https://plan-0.in.applicationinsights.azure.com/`,
  }),
  "cdn:AFDCustomDomain": ({ id }) => ({
    domainValidationState: "Pending",
    validationProperties: { validationToken: guidOf(id).replaceAll("-", ""), expirationDate: "2030-01-01T00:00:00Z" },
  }),
  "cdn:AFDEndpoint": ({ name, id }) => ({ hostName: `${name}-${guidOf(id).slice(0, 16)}.z01.azurefd.net` }),
  "cdn:Profile": ({ id }) => ({ frontDoorId: guidOf(id), resourceState: "Active" }),
  "cosmosdb:DatabaseAccount": ({ name }) => ({ documentEndpoint: `https://${name}.documents.azure.com:443/` }),
  "eventhub:Namespace": ({ name }) => ({ serviceBusEndpoint: `https://${name}.servicebus.windows.net:443/` }),
  "keyvault:Vault": ({ name }) => ({ properties: { vaultUri: `https://${name}.vault.azure.net/` } }),
  "managedidentity:UserAssignedIdentity": ({ id }) => ({
    principalId: guidOf(`${id}#principal`),
    clientId: guidOf(`${id}#client`),
    tenantId: guidOf("tenant"),
  }),
  "network:PrivateEndpoint": ({ id }) => ({ networkInterfaces: [{ id: `${id}.nic` }] }),
  "network:PublicIPAddress": () => ({ ipAddress: "203.0.113.10" }),
  "network:VirtualNetwork": ({ id, inputs }) => ({
    subnets: (Array.isArray(inputs.subnets) ? inputs.subnets : []).map((subnet: Properties) => ({
      ...subnet,
      id: `${id}/subnets/${String(subnet.name)}`,
    })),
  }),
  "operationalinsights:Workspace": ({ id }) => ({ customerId: guidOf(id) }),
  "storage:StorageAccount": ({ name }) => ({
    primaryEndpoints: Object.fromEntries(
      ["blob", "queue", "table", "file", "dfs", "web"].map((service) => [
        service,
        `https://${name}.${service}.core.windows.net/`,
      ]),
    ),
  }),
  "web:WebApp": ({ name, id }) => ({
    defaultHostName: `${name}.azurewebsites.net`,
    hostNames: [`${name}.azurewebsites.net`],
    customDomainVerificationId: guidOf(id).replaceAll("-", ""),
  }),
};

/** Pulumi's own: keeps its first input as its output. */
const STASH = "pulumi:index:Stash";

/** What the resource is once it is made or changed. */
export function outputsOf(registration: Registration, id: string, old: Kept | undefined): Properties {
  const { type, inputs } = registration;
  if (type === STASH) return { input: inputs.input, output: old?.outputs.output ?? inputs.input };
  if (!type.startsWith("azure-native:")) return inputs;
  const name = id.split("/").at(-1) ?? "";
  return merge(bodyOf(registration), { name, type: armPathOf(type).type, ...addedBy(registration, name, id) });
}

/** The same before: what Azure adds is unknown, as azure-native's own previews have it. */
export function previewOf(registration: Registration, old: Kept | undefined): Properties {
  const { type } = registration;
  if (!type.startsWith("azure-native:")) return outputsOf(registration, "", old);
  const body = bodyOf(registration);
  return withUnknowns(body, {
    ...addedBy(registration, armNameOf(registration) ?? "", UNKNOWN),
    ...("name" in body ? {} : { name: UNKNOWN }),
  });
}

function addedBy({ type, inputs }: Registration, name: string, id: string): Properties {
  return computed[type.replace("azure-native:", "")]?.({ name, id, inputs }) ?? {};
}

/** The inputs without those that only say where the resource is. */
function bodyOf({ type, inputs }: Registration): Properties {
  const { parameters } = armPathOf(type);
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => key === "name" || !parameters.includes(key)));
}

function merge(given: unknown, added: Properties): Properties {
  const merged: Properties = isObject(given) ? { ...given } : {};
  for (const [key, value] of Object.entries(added)) merged[key] = isObject(value) ? merge(merged[key], value) : value;
  return merged;
}

/** `given`, with `UNKNOWN` wherever `added` has what `given` lacks. */
function withUnknowns(given: Properties, added: Properties): Properties {
  const result = { ...given };
  for (const [key, value] of Object.entries(added)) result[key] = unknownUnless(result[key], value);
  return result;
}

function unknownUnless(given: unknown, added: unknown): unknown {
  if (isObject(added) && isObject(given)) return withUnknowns(given, added);
  if (Array.isArray(added) && Array.isArray(given))
    return added.map((item, index) => unknownUnless(given[index], item));
  return given ?? UNKNOWN;
}
