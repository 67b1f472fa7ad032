import { z } from "zod";
import { AppError } from "../../errors.ts";
import { once } from "../../runtime/once.ts";
import type { JsonSchema } from "../json-schema.ts";
import { platformEventSchema } from "../platform-types.ts";

/** The platform's own types, as schemas of `properties`: made when they are first asked for. */
const contracts = once(async () => new Map(platformEventSchema.options.map(toContract)));

function toContract({ shape }: (typeof platformEventSchema.options)[number]): [string, JsonSchema] {
  const { $schema, ...schema } = z.toJSONSchema(shape.properties.unwrap().unwrap());
  return [shape.event_type.value, schema as JsonSchema];
}

export async function listPlatformTypes(): Promise<string[]> {
  return [...(await contracts()).keys()].sort();
}

export async function findPlatformContract(eventType: string): Promise<JsonSchema | undefined> {
  return (await contracts()).get(eventType);
}

/** Throws AppError `schema_read_only`. */
export async function refusePlatformType(eventType: string): Promise<void> {
  if ((await contracts()).has(eventType))
    throw new AppError("schema_read_only", `\`${eventType}\` means the same to everyone, and is the platform's`);
}
