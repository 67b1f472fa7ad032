import { join } from "node:path";
import process from "node:process";
import { StackError } from "../local/launcher/stack-error.ts";
import { rememberOrg } from "../local/launcher/state.ts";
import { encodeOrgId } from "../shared/identity/org-id.ts";
import { type Command, parseFlags, UsageError } from "./command.ts";
import type { Invitation, OpenedOrg, OperatorClient } from "./operator-client.ts";
import { type OperatorTarget, openOperator, operatorFlags, operatorHelp } from "./operator-target.ts";
import { formatTable } from "./table.ts";

const help = `Usage: npx headrace org create NAME | list | invite ID | suspend ID | resume ID [FLAGS]

  create NAME   makes an org, an API key that may send and read, and the invitation of its first admin
  list          id, name and when it was made
  invite ID     another invitation of the first admin, as long as the org has none
  suspend ID    refuses the org's credentials, within 30 seconds
  resume ID     takes them again
${operatorHelp}`;

const flags = {
  ...operatorFlags,
  json: { type: "boolean", default: false },
} as const;

/** The answer of a command: for scripts, and for people. */
interface Output {
  readonly json: unknown;
  readonly text: string;
}

type Verb = (target: OperatorTarget, argument: string) => Promise<Output>;

const verbs: Readonly<Record<string, Verb>> = {
  create: createOrg,
  list: async ({ operator }) => listOrgs(operator),
  invite: async ({ operator }, orgId) => {
    const invitation = await operator.inviteAdmin(orgId);
    return { json: { invitation }, text: `first admin  ${describeInvitation(invitation)}\n` };
  },
  suspend: ({ operator }, orgId) => suspendOrg(operator, orgId, true),
  resume: ({ operator }, orgId) => suspendOrg(operator, orgId, false),
};

/** `headrace org` */
export const org: Command = { help, run: runOrg };

async function runOrg(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const [name = "", argument = "", ...more] = positionals;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!verb || more.length > 0 || (argument === "") !== (name === "list"))
    throw new UsageError(
      `Say \`create NAME\`, \`list\`, \`invite ID\`, \`suspend ID\` or \`resume ID\`.${more.length > 0 ? " A name with spaces goes in quotes." : ""}\n\n${help}`,
    );
  if (name === "create") checkName(argument);
  const { json, text } = await verb(await openOperator(values), argument);
  process.stdout.write(values.json ? `${JSON.stringify(json)}\n` : text);
  return 0;
}

async function createOrg({ operator, stateDir }: OperatorTarget, name: string): Promise<Output> {
  const opened = await operator.openOrg(name);
  if (!opened) throw new StackError(describeExisting(name, stateDir));
  const { org_id: id, api_key } = opened;
  if (stateDir !== undefined) rememberOrg(stateDir, { id, name, apiKey: api_key.key });
  return { json: opened, text: describeOrg(opened, stateDir) };
}

function describeOrg({ org_id, name, api_key, invitation }: OpenedOrg, stateDir: string | undefined): string {
  const kept =
    stateDir === undefined ? "Neither is shown again." : `The key is kept in ${join(stateDir, "orgs.json")}.`;
  return `Org "${name}" made.

  id           ${org_id}
  API key      ${api_key.key}
  first admin  ${describeInvitation(invitation)}

${kept}
`;
}

function describeExisting(name: string, stateDir: string | undefined): string {
  const key =
    stateDir === undefined
      ? "Its first key was shown when it was made; its admins make further ones."
      : `A key that was made here is in ${join(stateDir, "orgs.json")}.`;
  return `There is an org "${name}" already (id ${encodeOrgId(name)}). ${key} \`org invite\` makes another invitation as long as it has no admin.`;
}

function describeInvitation({ link, token, expires_at }: Invitation): string {
  return `${link ?? token}  (until ${expires_at})`;
}

async function suspendOrg(operator: OperatorClient, orgId: string, suspended: boolean): Promise<Output> {
  const json = await operator.suspendOrg(orgId, suspended);
  const now = suspended ? "refused" : "taken again";
  return { json, text: `The credentials of the org ${orgId} are ${now} within 30 seconds.\n` };
}

async function listOrgs(operator: OperatorClient): Promise<Output> {
  const orgs = await operator.listOrgs();
  const rows = orgs.map(({ org_id, name, created_at }) => [org_id, name, created_at]);
  return { json: { orgs }, text: formatTable([["id", "name", "created"], ...rows]) };
}

/** Before any request: the API would refuse it too. */
function checkName(name: string): void {
  try {
    encodeOrgId(name);
  } catch (error) {
    throw new UsageError(error instanceof RangeError ? error.message : String(error));
  }
}
