import { resolve } from "node:path";
import process from "node:process";
import { accessOf } from "../local/launcher/product-access.ts";
import { defaultStateDir } from "../local/launcher/project.ts";
import { requireRunning } from "../local/launcher/state.ts";
import { outcomeNames } from "../shared/ledger/outcome-counts.ts";
import { connectCosmos } from "../shared/store/cosmos.ts";
import { type Account, proveAccount } from "./account/prove-account.ts";
import { repairAccount } from "./account/repair.ts";
import { type Command, parseFlags, UsageError } from "./command.ts";
import { openOperator, operatorFlags, operatorHelp } from "./operator-target.ts";
import { formatTable } from "./table.ts";

const help = `Usage: npx headrace account [--state DIR] [--json]
       npx headrace account --repair --org ORG [--from DAY] [--to DAY] [--dry] [FLAGS]

Proves the account of the running product: every envelope in Event Hubs has one ledger entry, and what that counts is what the
containers hold. Wait until the pipeline is idle. Exit code 1 on any violation.

  --repair    instead, compares the sums of an org's ledger with its entries, slot by slot, and makes those anew that do
              not add up. Nothing that adds up is changed; traffic may go on. Exit code 1 where something was left
  --org ORG   the org's id
  --from DAY  the first day of receipt, UTC   (30 days before --to)
  --to DAY    the last one                    (today)
  --dry       only says what does not add up
${operatorHelp}`;

const flags = {
  ...operatorFlags,
  json: { type: "boolean", default: false },
  repair: { type: "boolean", default: false },
  org: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  dry: { type: "boolean", default: false },
} as const;

/** `headrace account` */
export const account: Command = { help, run: runAccount };

async function runAccount(args: string[]): Promise<number> {
  const { values } = parseFlags(args, flags);
  if (values.repair) return repairAccount((await openOperator(values)).operator, values);
  for (const flag of ["org", "from", "to", "dry", "url", "token-stdin"] as const)
    if (values[flag]) throw new UsageError(`--${flag} goes with --repair.`);
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
  const later = outcomeNames.slice(3).filter((name) => orgs.some((org) => org[name] !== undefined));
  const columns = ["envelopes", "accepted", "stored", "duplicate", "quarantined", ...later] as const;
  const rows = orgs.map((org) => [org.orgId, ...columns.map((column) => String(org[column] ?? 0))]);
  const totals = columns.map((column) => String(orgs.reduce((sum, org) => sum + (org[column] ?? 0), 0)));
  const table = formatTable([["org", ...columns], ...rows, ["total", ...totals]]);
  const verdict =
    violations.length === 0
      ? "Every envelope has its account, and every count is what is stored.\n"
      : `${violations.length} violations:\n${violations
          .slice(0, 50)
          .map((violation) => `  - ${violation}\n`)
          .join("")}`;
  return `${table}\n${messages} messages in the hub, ${unreadable} of them unreadable, ${foreign} not bytes\n${verdict}`;
}
