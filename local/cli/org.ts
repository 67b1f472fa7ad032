import { resolve } from "node:path";
import process from "node:process";
import { createOperatorClient, type OperatorClient } from "../pipeline/operator-client.ts";
import { createOrgDirectory, orgIdOf } from "../pipeline/orgs.ts";
import { PipelineError } from "../pipeline/pipeline-error.ts";
import { defaultStateDir } from "../pipeline/services.ts";
import { rememberOrg, requireRunning } from "../pipeline/state.ts";
import { parseFlags, runCommand } from "./command.ts";
import { openIdentityStore } from "./local-product.ts";

const help = `Usage: npm run org -- add NAME [--new-key]
       npm run org -- list
       npm run org -- suspend ID · resume ID

Orgs of the Headrace that runs on this machine (\`npm start\`), by its operator's API.

  add NAME      makes an org, an API key with all scopes of keys, and the invitation of its first admin; an org that is there keeps its key
  --new-key     makes a further key for an org that is there already
  list          id, name and when it was made
  suspend ID    refuses the org's credentials, within 30 seconds; resume ID takes them again
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
  const [verb = "", name, ...more] = positionals;
  if (more.length > 0 || !isCommand(verb, name)) {
    throw new PipelineError(`Say \`add NAME\`, \`list\`, \`suspend ID\` or \`resume ID\`.\n\n${help}`);
  }
  if (verb === "add") checkName(name ?? "");
  const stateDir = resolve(values.state ?? defaultStateDir);
  const { baseUrl, env } = requireRunning(stateDir);
  const operator = createOperatorClient(baseUrl, stateDir);
  process.stdout.write(await run(verb, name ?? "", { operator, stateDir, env, newKey: values["new-key"] }));
  return 0;
}

interface Context {
  readonly operator: OperatorClient;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly newKey: boolean;
}

function isCommand(verb: string, name: string | undefined): boolean {
  return verb === "list" ? name === undefined : ["add", "suspend", "resume"].includes(verb) && name !== undefined;
}

async function run(verb: string, name: string, context: Context): Promise<string> {
  const { operator } = context;
  if (verb === "list") return listOrgs(operator);
  if (verb === "add") return addOrg(name, context);
  await operator.suspendOrg(name, verb === "suspend");
  const now = verb === "suspend" ? "refused" : "taken again";
  return `The credentials of the org ${name} are ${now} within 30 seconds.\n`;
}

async function addOrg(name: string, { operator, stateDir, env, newKey }: Context): Promise<string> {
  const opened = await operator.openOrg(name);
  if (opened) {
    const { org_id: id, api_key, invitation } = opened;
    rememberOrg(stateDir, { id, name, apiKey: api_key.key });
    return `Org "${name}" made.\n\n  id           ${id}\n  API key      ${api_key.key}\n  first admin  ${invitation.link ?? invitation.token}\n\n`;
  }
  const identity = openIdentityStore(env);
  try {
    // What a lost key is replaced by on one's own machine; elsewhere an admin of the org makes it.
    const org = await createOrgDirectory(identity.store, stateDir).ensure(name, { newKey });
    const what = org.newKey ? "was there already, and has a new key" : "was there already";
    const hint = org.newKey ? "" : "\nA further key: add --new-key.";
    return `Org "${name}" ${what}.\n\n  id       ${org.id}\n  API key  ${org.apiKey}\n${hint}\n`;
  } finally {
    identity.close();
  }
}

async function listOrgs(operator: OperatorClient): Promise<string> {
  const orgs = (await operator.listOrgs()).map(({ org_id, name, created_at }) => ({
    id: org_id,
    name,
    created: created_at,
  }));
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
