import { createHash } from "node:crypto";
import { armPathOf } from "../arm-paths.ts";
import type { Registration } from "./registration.ts";
import { UNKNOWN } from "./values.ts";

/** A GUID that is always the same for the same text. */
export function guidOf(text: string): string {
  const hash = createHash("sha256").update(text).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** The id that ARM would give: its path with the inputs in it. Throws an Error when a part of the path is missing. */
export function armIdOf(registration: Registration, subscriptionId: string): string {
  if (!registration.type.startsWith("azure-native:")) return guidOf(registration.urn);
  const { template, nameParameter } = armPathOf(registration.type);
  const name = nameParameter === undefined ? {} : { [nameParameter]: armNameOf(registration) };
  const values: Record<string, unknown> = { subscriptionId, ...registration.inputs, ...name };
  return template.replace(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = values[parameter];
    if (typeof value === "string" && value !== "") return value;
    throw new Error(`${registration.urn}: ${parameter} is missing, and ARM has no place for the resource without it`);
  });
}

/**
 * The resource's own name in ARM: given, or made up as azure-native does. Undefined while a preview does not know it.
 */
export function armNameOf(registration: Registration): string | undefined {
  const { nameParameter, template } = armPathOf(registration.type);
  if (nameParameter === undefined) return template.split("/").at(-1);
  const given = registration.inputs[nameParameter];
  if (typeof given === "string") return given === UNKNOWN ? undefined : given;
  if (/^role(Assignment|Definition)(Name|Id)$/.test(nameParameter)) return guidOf(registration.urn);
  return `${registration.name}${guidOf(registration.urn).slice(0, 8)}`;
}
