import { basename } from "node:path";
import process from "node:process";
import { parseFlags, readNumber, runCommand, UsageError } from "../cli/command.ts";
import { openSource, readLines } from "../cli/send/read-lines.ts";
import { formatTable } from "../cli/table.ts";
import { customRules } from "../infra/edge/firewall-rules.ts";
import { inspect } from "../infra/edge/inspection.ts";
import { ingestPaths } from "../infra/edge/route-patterns.ts";
import { type Route, routes } from "../shared/http/routes.ts";
import { type Batches, countSigns } from "./firewall/count-signs.ts";

const help = `Usage: npm run bench:firewall -- FILE [FLAGS]

Reads a file of events (NDJSON) and tells how many of them look like SQL or HTML to a firewall, and which requests the
firewall's managed rules would inspect: with the rules of infra/edge, and without them.

  --batch N   events in a request   (100)
`;

const flags = {
  batch: { type: "string", default: "100" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** The default of the stack's \`headrace:edge.ingestPerMinute\`. */
const INGEST_PER_MINUTE = 60_000;
const rules = customRules(INGEST_PER_MINUTE);

await runCommand("bench:firewall", async (args) => {
  const { values, positionals } = parseFlags(args, flags, true);
  if (values.help) return print(help);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError(`Name the file of events.\n\n${help}`);
  const size = readNumber("--batch", values.batch, { min: 1, max: 5_000 });
  const batches = await countSigns(events(file), size);
  print(`${basename(file)}: ${batches.events} events in ${batches.requests} requests of ${size}\n\n`);
  print(formatTable(signRows(batches)));
  print(`\n${batches.long} of the requests are longer than the 128 KB that the firewall looks at.\n\n`);
  print(formatTable(verdictRows()));
  return 0;
});

async function* events(file: string): AsyncGenerator<unknown> {
  for await (const { text } of readLines(openSource(file))) yield JSON.parse(text ?? "");
}

function signRows({ bySign, requests, events: all }: Batches): string[][] {
  const share = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  return [
    ["looks like", "events", "", "requests", ""],
    ...Object.entries(bySign).map(([sign, found]) => [
      sign,
      String(found.events),
      share(found.events, all),
      String(found.requests),
      share(found.requests, requests),
    ]),
  ];
}

/** Every route of the product, and the ingest paths as they would be without the rules of ours. */
function verdictRows(): string[][] {
  const verdictOf = (method: string, path: string, custom = rules) => {
    const { answer, by = "" } = inspect(custom, { method, url: `https://example.com:443${path}` });
    return [`${method} ${path}`, answer, by];
  };
  return [
    ["request", "the firewall", "by"],
    ...ingestPaths.map((path) => [...verdictOf("POST", path, []), "without our rules"]),
    ...Object.values<Route>(routes).map(({ method, path }) => verdictOf(method, `/${path}`)),
  ];
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
