import { resolve } from "node:path";
import process from "node:process";
import { createOrgDirectory, orgIdOf } from "../pipeline/orgs.ts";
import { PipelineError } from "../pipeline/pipeline-error.ts";
import { defaultStateDir } from "../pipeline/services.ts";
import { requireRunning } from "../pipeline/state.ts";
import { parseFlags, runCommand } from "./command.ts";
import { openIdentityStore } from "./local-product.ts";

const help = `Usage: npm run org -- add NAME [--new-key]
       npm run org -- list

Orgs of the Headrace that runs on this machine (\`npm start\`).

  add NAME      makes an org and an API key with all scopes; an org that is there already keeps its key
  --new-key     makes a further key for an org that is there already
  list          id, name and when it was made
  --state DIR   the state folder of the running Headrace   (.headrace)
`;

const flags = {
  "new-key": { type: "boolean", default: false },
  state: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

await runCommand("org", runOrg);

async function runOrg(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [verb, name, ...more] = positionals;
  const wellFormed = (verb === "list" && name === undefined) || (verb === "add" && name !== undefined);
  if (!wellFormed || more.length > 0) throw new PipelineError(`Say \`add NAME\` or \`list\`.\n\n${help}`);
  if (name !== undefined) checkName(name);
  const running = requireRunning(resolve(values.state ?? defaultStateDir));
  const identity = openIdentityStore(running.env);
  try {
    const directory = createOrgDirectory(identity.store, resolve(values.state ?? defaultStateDir));
    process.stdout.write(
      name === undefined ? await listOrgs(directory) : await addOrg(directory, name, values["new-key"]),
    );
    return 0;
  } finally {
    identity.close();
  }
}

type Directory = ReturnType<typeof createOrgDirectory>;

async function addOrg(directory: Directory, name: string, newKey: boolean): Promise<string> {
  const org = await directory.ensure(name, { newKey });
  const what = org.created ? "made" : org.newKey ? "was there already, and has a new key" : "was there already";
  const hint = org.newKey ? "" : "\nA further key: add --new-key.";
  return `Org "${name}" ${what}.\n\n  id       ${org.id}\n  API key  ${org.apiKey}\n${hint}\n`;
}

async function listOrgs(directory: Directory): Promise<string> {
  const orgs = await directory.list();
  const width = Math.max(2, ...orgs.map((org) => org.id.length));
  const nameWidth = Math.max(4, ...orgs.map((org) => org.name.length));
  const rows = [{ id: "id", name: "name", created: "created" }, ...orgs];
  return rows.map((org) => `${org.id.padEnd(width)}  ${org.name.padEnd(nameWidth)}  ${org.created}\n`).join("");
}

function checkName(name: string): void {
  try {
    orgIdOf(name);
  } catch (error) {
    throw new PipelineError(error instanceof RangeError ? error.message : String(error));
  }
}
