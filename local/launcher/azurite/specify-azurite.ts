import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { HOST } from "@headrace/emulators/kit/listen.ts";
import type { ChildSpec, Ready } from "../child.ts";
import { serviceEnv } from "../service-env.ts";
import type { SpecContext } from "../spec-context.ts";

type AzuriteSpec = Pick<ChildSpec, "env" | "nodeArgs" | "parseReady">;

/**
 * One of Azurite's services as a process of its own. It ends with its parent, and with managed identity it checks every
 * token.
 */
export function specifyAzurite(service: "blob" | "queue", port: string, context: SpecContext): AzuriteSpec {
  return {
    env: { ...serviceEnv(), HEADRACE_TOKEN_KEYS: context.trust.tokenKeys.verifying },
    nodeArgs: azuriteArgs(service, port, context),
    parseReady: parseAzuriteLine,
  };
}

function azuriteArgs(service: "blob" | "queue", port: string, { stateDir, access, trust }: SpecContext): string[] {
  const azurite = dirname(createRequire(import.meta.url).resolve("azurite/package.json"));
  const withTokens = access === "managed-identity";
  const { cert, key } = trust.certificate;
  return [
    ...preload(new URL("./end-with-parent.ts", import.meta.url)),
    ...preload(new URL("./without-telemetry.ts", import.meta.url)),
    ...(withTokens ? preload(new URL("./require-tokens.ts", import.meta.url)) : []),
    join(azurite, "dist/src", service, "main.js"),
    ...["--location", join(stateDir, "azurite", service)],
    ...[`--${service}Host`, HOST, `--${service}Port`, port],
    ...["--silent", "--skipApiVersionCheck", "--disableTelemetry"],
    ...(withTokens ? ["--oauth", "basic", "--cert", cert, "--key", key] : []),
  ];
}

const preload = ({ href }: URL): string[] => ["--import", href];

/** "Azurite Queue service successfully listens on http://127.0.0.1:10001" */
function parseAzuriteLine(line: string): Ready | undefined {
  const endpoint = /successfully listens on (https?:\S+)/.exec(line)?.[1];
  return endpoint ? { endpoint } : undefined;
}
