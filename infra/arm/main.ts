import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { publishInside } from "./publish-inside.ts";
import { type Release, readPackage } from "./read-package.ts";
import { createRehearsal } from "./rehearsal.ts";
import { createSend } from "./send.ts";
import { createWorld } from "./world.ts";

const usage = `usage: npm run infra:publish -- --app NAME --host NAME --version N --sha256 HASH (--url URL | --file FILE)

Publishes a package from a machine inside the app's network, where \`pulumi up\` cannot: the same one, by the same hash.

  --app NAME       the function app, such as func-headrace-prod-x7k2p
  --host NAME      Front Door's name, at which the new version has to answer
  --version N      the release's version, such as 1.2.3
  --sha256 HASH    the package's; another package is not sent
  --url URL        a public release
  --file FILE      a package on this machine

The token is read from AZURE_ACCESS_TOKEN:

  export AZURE_ACCESS_TOKEN=$(az account get-access-token --query accessToken --output tsv)
`;

interface Arguments {
  readonly appName: string;
  readonly hostName: string;
  readonly token: string;
  readonly release: Release;
}

/** Throws an Error that says what is missing or wrong. */
function readArguments(args: string[]): Arguments {
  const text = { type: "string" } as const;
  const options = { app: text, host: text, version: text, sha256: text, url: text, file: text };
  const { values } = parseArgs({ args, options });
  const take = (name: keyof typeof options): string => {
    const value = values[name];
    if (value) return value;
    throw new Error(`--${name} is missing`);
  };
  const { url, file } = values;
  if ((url === undefined) === (file === undefined)) throw new Error("write --url or --file, one of them");
  const token = process.env.AZURE_ACCESS_TOKEN;
  if (!token) throw new Error("AZURE_ACCESS_TOKEN is not set");
  const source = file === undefined ? { url: url ?? "" } : { file: resolve(file) };
  const release = { version: take("version"), sha256: take("sha256"), source };
  return { appName: take("app"), hostName: take("host"), token, release };
}

async function main({ appName, hostName, token, release }: Arguments): Promise<void> {
  const url = process.env.HEADRACE_ARM_URL;
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const world = url ? createRehearsal(url, log) : createWorld(log);
  const pack = await readPackage(world, release);
  await publishInside({ world, send: createSend(world, async () => token) }, { appName, hostName, pack });
}

function readOrExplain(): Arguments | undefined {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

const read = readOrExplain();
if (read)
  await main(read).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
