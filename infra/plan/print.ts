import type { Cost, Load } from "./cost/cost.ts";
import type { Registration } from "./engine/registration.ts";
import type { Run } from "./run-program.ts";

/** The resources by component, in the order in which they are made, with their names in Azure. */
export function printResources(stack: string, run: Run): string {
  const resources = run.registrations.filter(({ type }) => type.startsWith("azure-native:"));
  const kept = resources.filter(({ protect }) => protect).length;
  const byParent = Map.groupBy(resources, ({ parent }) => parent ?? "");
  const blocks = [...byParent].map(([parent, children]) =>
    [`  ${titleOf(parent, run)}`, ...children.map((child) => `    ${lineOf(child, run)}`)].join("\n"),
  );
  return [
    `${stack}: ${resources.length} resources, of which Pulumi deletes and replaces ${kept} only when told twice (*)`,
    ...blocks,
  ].join("\n");
}

function titleOf(urn: string, run: Run): string {
  const parent = run.registrations.find((registration) => registration.urn === urn);
  return parent === undefined || parent.type === "pulumi:pulumi:Stack"
    ? "stack"
    : `${parent.type.replace("headrace:", "")} ${parent.name}`;
}

function lineOf({ type, name: given, urn, protect }: Registration, run: Run): string {
  const own = run.state[urn]?.id.split("/").at(-1) ?? "";
  // A role assignment is called by a GUID.
  const name = /^[0-9a-f-]{36}$/.test(own) ? given : own;
  return `${protect ? "*" : " "} ${type.replace("azure-native:", "").padEnd(42)} ${name}`;
}

/** Millions of seconds in a month of 730 hours: events a second, times this, are millions of events. */
const MEGASECONDS = (730 * 3600) / 1e6;

/** Each meter of each resource, the total, and what of it a million events are. */
export function printCost({ lines, total }: Cost, { eventsPerSecond, eventBytes }: Load): string {
  const load = `${brief(eventsPerSecond)} events/s of ${brief(eventBytes)} bytes`;
  const rows = lines.map(
    ({ resource, meter, quantity, unit, price, monthly, firstHand }) =>
      `  ${firstHand ? " " : "~"} ${dollars(monthly)}  ${resource}: ${meter}, ${brief(quantity)} ${unit} at ${price}`,
  );
  const each = total / (eventsPerSecond * MEGASECONDS);
  return [
    `A month at ${load}, in US dollars (~: a price that is not Microsoft's own word)`,
    ...rows,
    `    ${dollars(total)}  in all`,
    ...(eventsPerSecond > 0 ? [`    ${dollars(each)}  for a million events`] : []),
  ].join("\n");
}

function dollars(amount: number): string {
  return amount.toFixed(2).padStart(10);
}

function brief(quantity: number): string {
  return quantity.toLocaleString("en-US", { maximumFractionDigits: 2 });
}
