import { resolve } from "node:path";
import process from "node:process";
import { accessOf } from "../local/launcher/product-access.ts";
import { defaultStateDir } from "../local/launcher/project.ts";
import { requireRunning } from "../local/launcher/state.ts";
import { connectCosmos } from "../shared/store/cosmos.ts";
import { type Account, proveAccount } from "./account/prove-account.ts";
import { type Command, parseFlags } from "./command.ts";
import { formatTable } from "./table.ts";

const help = `Usage: npx headrace account [--state DIR] [--json]

Proves the account of the running product: every envelope in Event Hubs has one ledger entry, and what that counts is what the
containers hold. Wait until the pipeline is idle. Exit code 1 on any violation.
`;

/** `headrace account` */
export const account: Command = { help, run: runAccount };

async function runAccount(args: string[]): Promise<number> {
  const { values } = parseFlags(args, { state: { type: "string" }, json: { type: "boolean", default: false } });
  const { env } = requireRunning(resolve(values.state ?? defaultStateDir));
  const access = accessOf(env);
  const cosmos = connectCosmos(access.cosmos, access.credential);
  try {
    const proven = await proveAccount(access, cosmos.containers);
    process.stdout.write(values.json ? `${JSON.stringify(proven)}\n` : describeAccount(proven));
    return proven.violations.length === 0 ? 0 : 1;
  } finally {
    cosmos.close();
  }
}

function describeAccount({ orgs, messages, unreadable, foreign, violations }: Account): string {
  const header = ["org", "envelopes", "accepted", "stored", "duplicate", "quarantined"];
  const rows = orgs.map(({ orgId, ...counts }) => [orgId, ...Object.values(counts).map(String)]);
  const total = (i: number): string => String(rows.reduce((sum, row) => sum + Number(row[i]), 0));
  const table = formatTable([header, ...rows, ["total", ...[1, 2, 3, 4, 5].map(total)]]);
  const verdict =
    violations.length === 0
      ? "Every envelope has its account, and every count is what is stored.\n"
      : `${violations.length} violations:\n${violations
          .slice(0, 50)
          .map((violation) => `  - ${violation}\n`)
          .join("")}`;
  return `${table}\n${messages} messages in the hub, ${unreadable} of them unreadable, ${foreign} not bytes\n${verdict}`;
}
