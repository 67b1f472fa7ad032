import { z } from "zod";
import { settingsSchema } from "../../config/settings.ts";
import { table } from "./markdown.ts";

/** The part of JSON Schema that settings need. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Every setting of a stack with its default, from the schema that refuses wrong ones. */
export function settingsTable(): string {
  const schema = z.toJSONSchema(settingsSchema, { io: "input", unrepresentable: "any" }) as Schema;
  return table(["setting", "default", "takes", "meaning"], rowsOf(schema, "headrace:"));
}

function rowsOf({ properties = {}, required = [] }: Schema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = prefix + name;
    const isGroup = schema.properties !== undefined;
    const row = [`\`${path}\``, defaultOf(schema, required.includes(name)), takes(schema), schema.description ?? ""];
    if (!isGroup) return [row];
    const within = rowsOf(schema, `${path}.`);
    return required.includes(name) || schema.description === undefined ? within : [row, ...within];
  });
}

function defaultOf(schema: Schema, required: boolean): string {
  if (schema.default !== undefined && schema.properties === undefined) return `\`${JSON.stringify(schema.default)}\``;
  return required ? "**to be written**" : "";
}

function takes({ enum: values, minimum, maximum, type, properties }: Schema): string {
  if (properties !== undefined) return "a group";
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(", ");
  if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER)
    return `${minimum} to ${maximum}`;
  const words: Readonly<Record<string, string>> = {
    boolean: "`true` or `false`",
    string: "text",
    array: "a list",
    object: "an object",
    number: "a number",
    integer: "a number",
  };
  return words[type ?? ""] ?? "";
}
