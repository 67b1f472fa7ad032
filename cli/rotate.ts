import process from "node:process";
import { ownSecretNames } from "../shared/operator/own-secrets.ts";
import type { RotationView } from "../shared/operator/rotate.ts";

import { type Command, parseFlags, UsageError } from "./command.ts";
import { openOperator, operatorFlags, operatorHelp } from "./operator-target.ts";

const help = `Usage: npx headrace rotate ${ownSecretNames.join("|")} [FLAGS]

Makes a new version of a secret now, while traffic flows. The old one goes on verifying what it signed, unless it leaked.

  --leaked             no overlap: what the old versions signed is worth nothing from now on (docs/security.md)
  --replaces VERSION   only if this is still the newest: saying it again then changes nothing
${operatorHelp}`;

const flags = {
  ...operatorFlags,
  leaked: { type: "boolean", default: false },
  replaces: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** `headrace rotate` */
export const rotate: Command = { help, run: runRotate };

async function runRotate(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const secret = readSecretName(positionals);
  const { leaked, replaces } = values;
  const { operator } = await openOperator(values);
  const rotation = await operator.rotate({ secret, leaked, ...(replaces === undefined ? {} : { replaces }) });
  process.stdout.write(values.json ? `${JSON.stringify(rotation)}\n` : describe(rotation));
  return 0;
}

function readSecretName(positionals: readonly string[]): string {
  const [secret = "", ...more] = positionals;
  if (more.length === 0 && ownSecretNames.some((known) => known === secret)) return secret;
  const found = positionals.length === 0 ? "" : `, not "${positionals.join(" ")}"`;
  throw new UsageError(
    `Say which secret: ${ownSecretNames.join(" or ")}${found}. A provider's client secret is a new version in Key Vault.`,
  );
}

function describe({ secret, version, in_effect_at, disabled }: RotationView): string {
  const made =
    version === null
      ? `${secret} was replaced already: no new version.`
      : `${secret} has the new version ${version}, in effect at ${in_effect_at}.`;
  return `${made}\n${disabled.length === 0 ? "" : `Disabled: ${disabled.join(", ")}\n`}`;
}
