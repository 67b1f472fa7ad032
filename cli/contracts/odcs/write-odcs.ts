import { type Contract, type ContractVersion, chooseVersion } from "../contract-files.ts";
import { type Element, toElement } from "./element.ts";

/** The release of the standard that is written. */
const API_VERSION = "v3.1.0";

/** What a contract has and the standard has no place for, as custom properties. */
export const custom = {
  ...{ eventType: "eventType", mode: "mode", compatibility: "compatibility", loosened: "loosenedBecause" },
  promote: "promotedPaths",
  ...{ version: "schemaVersion", status: "status", examples: "examples", mapping: "mapping" },
} as const;

/**
 * A contract as a document of the Open Data Contract Standard. Each version is one object of its `schema`, since the
 * standard has one version of a contract in a document, and ours has them side by side.
 */
export function toOdcs(contract: Contract): Element {
  const { event_type, owner, description, mode, compatibility, loosened_because, promote, versions } = contract;
  const current = chooseVersion(contract);
  return {
    ...{ apiVersion: API_VERSION, kind: "DataContract", id: `headrace:${encodeURIComponent(event_type)}` },
    ...{ name: event_type, version: String(current.version), status: current.status },
    ...(owner && { team: { name: owner } }),
    ...(description && { description: { purpose: description } }),
    schema: versions.map((version) => toObject(event_type, version)),
    customProperties: toCustom({
      ...{ [custom.eventType]: event_type, [custom.mode]: mode, [custom.compatibility]: compatibility },
      ...{ [custom.loosened]: loosened_because, [custom.promote]: promote },
    }),
  };
}

function toObject(eventType: string, one: ContractVersion): Element {
  const { version, status, description, schema, examples, mapping } = one;
  const { customProperties: rest, ...element } = toElement(schema, true);
  const own = {
    ...{ [custom.version]: version, [custom.status]: status },
    ...{ [custom.examples]: examples.length > 0 ? examples : undefined, [custom.mapping]: mapping },
  };
  return {
    ...{ name: `${eventType}_v${version}`, physicalName: eventType, physicalType: "event" },
    ...(description && { description }),
    ...element,
    customProperties: [...toCustom(own), ...(Array.isArray(rest) ? rest : [])],
  };
}

function toCustom(values: Readonly<Record<string, unknown>>): Element[] {
  return Object.entries(values).flatMap(([property, value]) => (value === undefined ? [] : [{ property, value }]));
}
