import { type AssumptionName, assumptions } from "../cost/assumptions.ts";
import { type Estimate, estimate } from "../cost/estimate.ts";
import { DEFAULT_BATCH } from "../cost/measured.ts";
import { type Meter, meterKeys, meters } from "../cost/meters.ts";
import { readPrices } from "../cost/prices.ts";
import { MONTH_SECONDS } from "../cost/units.ts";
import type { Run } from "../run-program.ts";
import { cases, options } from "./cost-cases.ts";
import { byLabel, rowLabels } from "./cost-rows.ts";
import { brief, dollars, NOTE, table } from "./markdown.ts";
import type { RunStack } from "./run-stack.ts";

export interface CostInputs {
  /** docs/benchmarks.json. */
  readonly measured: unknown;
  /** prices.json. */
  readonly prices: unknown;
}

const EVENT_BYTES = 700;
const BATCHES = [1, 20, 100];
/** The load that prod is shown under in detail, in events a second. */
const RATE = 1_000;
const AT = `prod at ${RATE.toLocaleString("en-US")} events/s`;

/** docs/cost.md. Runs the program for each stack and option that is on it. */
export async function writeCostPage(inputs: CostInputs, runStack: RunStack): Promise<string> {
  const prod = await runStack("prod");
  const estimates: Estimate[] = [];
  // One program at a time: each takes a processor for seconds.
  for (const { stack, overrides, eventsPerSecond } of cases)
    estimates.push(priceOf(await runStack(stack, overrides), inputs, eventsPerSecond));
  const base = priceOf(prod, inputs).total;
  const differences: number[] = [];
  for (const { overrides } of options)
    differences.push(priceOf(await runStack("prod", overrides), inputs).total - base);
  const batches = BATCHES.map((batch) => priceOf(prod, inputs, RATE, batch));
  return page([
    intro(),
    byResource(estimates),
    byBatch(batches),
    optional(differences),
    everyMeter(prod, inputs),
    everyPrice(inputs),
    everyAssumption(),
  ]);
}

function page(parts: readonly string[]): string {
  return `${parts.join("\n\n")}\n`;
}

function priceOf(run: Run, inputs: CostInputs, eventsPerSecond = RATE, batch = DEFAULT_BATCH): Estimate {
  return estimate(run, { eventsPerSecond, eventBytes: EVENT_BYTES, batch }, inputs.measured, inputs.prices);
}

function intro(): string {
  return `# What it costs

${NOTE}

US dollars a month (730 hours) at list prices, before tax and discounts, for events of ${EVENT_BYTES} bytes in batches of
${DEFAULT_BATCH}. Resources come from the Pulumi program itself; operations and processor time of an event, and its request
units by an emulator's model, from [benchmarks.json](benchmarks.json); prices from \`infra/plan/cost/prices.json\`. For
another load, or stack:

\`\`\`sh
npm run infra:plan -- --stack prod --events-per-second 2000 --event-bytes ${EVENT_BYTES}
npm run infra:prices                 # asks Microsoft's public API for every price again
\`\`\`

Nobody has compared it with a bill. What is not in it: reading (each request is one of Front Door and Functions, and
some RU), webhooks, support, taxes, free grants; and jobs: discarding takes some 60 RU and a fiftieth of a run an event,
for prod some $2 a million ([ADR 61](adr/0061-jobs.md)). A load is taken as even: Cosmos DB bills each hour by its
highest second, so a load with peaks pays for its peaks. And the benchmarks ran at most at 2,000 events/s: above that
the same amounts of an event are multiplied.`;
}

function byResource(estimates: readonly Estimate[]): string {
  const sums = estimates.map(({ lines }) => byLabel(lines));
  const rows = rowLabels.map((label) => [label, ...sums.map((sum) => dollars(sum.get(label) ?? 0))]);
  const total = ["**in all**", ...estimates.map((one) => `**${dollars(one.total)}**`)];
  const million = estimates.map((one, index) => perMillion(one.total, cases[index]?.eventsPerSecond ?? 0));
  const last = [total, ["a million events", ...million], ["second-hand", ...estimates.map(secondHand)]];
  return `## By resource

${table(["", ...cases.map(({ title }) => title)], [...rows, ...last], [1])}

*Second-hand* is the share of the total whose price is not Microsoft's own word ([prices](#prices)). Data in Cosmos DB
are what one month adds: they stay until someone deletes them, so the second month pays twice that, and so on. Functions
at 100 events/s: three groups (HTTP, dispatcher, persister) keep an instance each at work nearly all the time, and ten
times as many events fit into the same instances.

The stacks are those of \`infra/Pulumi.dev.yaml\` and \`infra/Pulumi.prod.yaml\`. ${remarks(estimates)}`;
}

/** What a case changes in its stack, and what it is too small for all the same. */
function remarks(estimates: readonly Estimate[]): string {
  const all = cases.flatMap(({ title, overrides }, index) => [
    ...Object.entries(overrides).map(([key, value]) => `- ${title}: with \`${key}: ${value}\`.`),
    ...(estimates[index]?.lacks ?? []).map((lack) => `- ${title}: ${lack}.`),
  ]);
  return all.length === 0 ? "None was changed." : `Changed, or too small:\n\n${all.join("\n")}`;
}

function secondHand({ lines, total }: Estimate): string {
  const sum = lines.filter(({ firstHand }) => !firstHand).reduce((all, { monthly }) => all + monthly, 0);
  return `${Math.round((100 * sum) / total)} %`;
}

function perMillion(total: number, eventsPerSecond: number): string {
  return eventsPerSecond === 0 ? "" : dollars((total * 1e6) / (eventsPerSecond * MONTH_SECONDS));
}

function byBatch(batches: readonly Estimate[]): string {
  const rows = batches.map(({ total, lacks }, index) => [
    String(BATCHES[index]),
    dollars(total),
    perMillion(total, RATE),
    lacks.join("; "),
  ]);
  return `Larger batches are cheaper. ${AT}:

${table(["events of a request", "a month", "a million events", "the stack is too small"], rows, [1, 3])}`;
}

function optional(differences: readonly number[]): string {
  const rows = options.map(({ title }, index) => [title, signed(differences[index] ?? 0)]);
  return `## What is optional

Each on top of ${AT}.

${table(["setting", "a month"], rows, [1])}`;
}

function signed(amount: number): string {
  return `${amount < 0 ? "−" : "+"}${dollars(Math.abs(amount))}`;
}

export function everyMeter(prod: Run, inputs: CostInputs): string {
  // Pulumi registers side by side: the order is not always the same.
  const lines = priceOf(prod, inputs).lines.toSorted((one, other) =>
    `${one.resource} ${one.meter}`.localeCompare(`${other.resource} ${other.meter}`),
  );
  const rows = lines.map(({ resource, meter, quantity, unit, price, monthly, firstHand }) => [
    resource,
    meter,
    brief(quantity),
    unit,
    `${firstHand ? "" : "~"}${price}`,
    dollars(monthly),
  ]);
  return `## Every meter

${AT}; ~ marks a second-hand price.

${table(["resource", "meter", "quantity", "unit", "price", "a month"], rows, [2])}`;
}

export function everyPrice(inputs: CostInputs): string {
  const { prices } = readPrices(inputs.prices);
  const rows = meterKeys.map((key) => {
    const { unit, query }: Meter = meters[key];
    const { price, region, date, source, firstHand } = prices[key];
    const meter = query === undefined ? `\`${key}\`` : `${query.productName}: ${query.meterName}`;
    return [meter, String(price), unit, region, date, firstHand ? "first-hand" : "second-hand", source];
  });
  return `## Prices

*First-hand* is what Microsoft's API or documentation says, as we read it. Everything else is someone's copy of what the
API answered. \`npm run infra:prices\` makes them first-hand, where it can be run.

${table(["meter", "price", "for one", "region", "date", "", "source"], rows)}`;
}

export function everyAssumption(): string {
  const rows = (Object.keys(assumptions) as AssumptionName[]).map((name) => {
    const { value, unit, why } = assumptions[name];
    return [`\`${name}\``, `${value} ${unit}`.trim(), why];
  });
  return `## Assumptions

What neither a price nor a measurement says. None of it was measured on Azure.

${table(["assumption", "value", "why"], rows)}`;
}
