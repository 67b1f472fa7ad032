import { z } from "zod";
import { badParameter } from "./errors.ts";
import type { SecretVersion } from "./secret-store.ts";

/** Bytes of a secret's value. https://learn.microsoft.com/azure/key-vault/secrets/about-secrets */
const MAX_VALUE_BYTES = 25 * 1024;

const attributes = z.object({
  enabled: z.boolean().nullish(),
  nbf: z.int().nullish(),
  exp: z.int().nullish(),
});
const tags = z
  .record(z.string().max(512), z.string().max(512))
  .refine((given) => Object.keys(given).length <= 15, "A secret has at most 15 tags.");

const update = z.object({
  contentType: z.string().max(255).nullish(),
  tags: tags.nullish(),
  attributes: attributes.nullish(),
});
const create = update.extend({
  value: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= MAX_VALUE_BYTES, `The value is longer than ${MAX_VALUE_BYTES} bytes.`),
});

const MARK = "headrace-key-vault-backup";
const seconds = z.int();
const name = z.string().regex(/^[0-9a-zA-Z-]{1,127}$/);
const backup = z.object({
  mark: z.literal(MARK),
  versions: z
    .array(
      z.object({
        name,
        version: z.string().regex(/^[0-9a-f]{32}$/),
        value: z.string(),
        contentType: z.string().nullable(),
        tags: tags.nullable(),
        enabled: z.boolean(),
        nbf: seconds.nullable(),
        exp: seconds.nullable(),
        created: seconds,
        updated: seconds,
      }),
    )
    .refine((versions) => new Set(versions.map((version) => version.name)).size <= 1),
});

export type SecretUpdate = z.infer<typeof update>;
export type SecretCreate = z.infer<typeof create>;

/** @throws KeyVaultError 400 that names the property */
export const readCreate = (body: string): SecretCreate => parse(create, body);
export const readUpdate = (body: string): SecretUpdate => parse(update, body);

/** The secret as an answer to a backup carries it. In clear, unlike in Azure. */
export function showBackup(versions: readonly SecretVersion[]): object {
  return { value: Buffer.from(JSON.stringify({ mark: MARK, versions })).toString("base64url") };
}

/** @throws KeyVaultError 400 */
export function readBackup(body: string): readonly SecretVersion[] {
  const { value } = parse(z.object({ value: z.string() }), body);
  try {
    return parse(backup, Buffer.from(value, "base64url").toString()).versions;
  } catch {
    throw badParameter("Property value has invalid value: it is no backup of this emulator.");
  }
}

/** @throws KeyVaultError 400 */
export function checkName(name: string): string {
  if (/^[0-9a-zA-Z-]{1,127}$/.test(name)) return name;
  throw badParameter(`The request URI contains an invalid name: ${name}`);
}

function parse<T>(schema: z.ZodType<T>, body: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw badParameter("The body is not JSON.");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badParameter(`Property ${issue?.path.join(".") ?? ""} has invalid value: ${issue?.message ?? ""}`);
}
