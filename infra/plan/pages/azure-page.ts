import { appRoles, roleIds } from "../../identity/roles.ts";
import { drawDiagram } from "../diagram.ts";
import type { Registration } from "../engine/registration.ts";
import type { Run } from "../run-program.ts";
import { NOTE, table } from "./markdown.ts";
import { settingsTable } from "./settings-table.ts";

/** docs/azure.md, from one run of each stack. */
export function writeAzurePage(dev: Run, prod: Run): string {
  return `# What stands on Azure

${NOTE}

What \`pulumi up\` makes, by the program in \`infra/\`. How to run it: [deploy.md](deploy.md). What it costs:
[cost.md](cost.md).

## The stack prod

\`\`\`mermaid
${drawDiagram(prod)}
\`\`\`

## Components

A component is a file in \`infra/\`. Its resources, in the two stacks:

${componentTable(dev, prod)}

## Settings

They stand in \`infra/Pulumi.dev.yaml\` and \`infra/Pulumi.prod.yaml\`. What is wrong or unknown is refused before
anything is made, with the key and what to write. Besides these, \`azure-native:location\`,
\`azure-native:subscriptionId\` and \`azure-native:tenantId\` say where.

${settingsTable()}

## Roles of the app

All that the app's identity may do. Besides these it is a *Cosmos DB Built-in Data Contributor* of the database. No
person and no group has a role, and no key, password or connection string exists.

${table(
  ["role", "on", "why", "used by"],
  appRoles.map(({ role, scope, why, usedBy }) => [
    `${inWords(role)} (\`${roleIds[role]}\`)`,
    inWords(scope),
    why,
    usedBy.map((code) => (code === "host" ? "the Functions host" : `\`${code}\``)).join(", "),
  ]),
)}
`;
}

function componentTable(dev: Run, prod: Run): string {
  const [inDev, inProd] = [byComponent(dev), byComponent(prod)];
  const names = [...new Set([...inDev.keys(), ...inProd.keys()])].sort();
  const rows = names.map((name) => {
    const types = Map.groupBy(inProd.get(name) ?? inDev.get(name) ?? [], ({ type }) =>
      type.replace("azure-native:", ""),
    );
    const list = [...types]
      .map(([type, { length }]) => (length === 1 ? type : `${length} × ${type}`))
      .sort()
      .join(", ");
    return [name, list, String(inDev.get(name)?.length ?? 0), String(inProd.get(name)?.length ?? 0)];
  });
  const sum = (run: Run) => String(run.registrations.filter(isResource).length);
  return table(["component", "resources", "dev", "prod"], [...rows, ["**in all**", "", sum(dev), sum(prod)]], [2]);
}

function byComponent(run: Run): Map<string, Registration[]> {
  const parents = new Map(run.registrations.map((registration) => [registration.urn, registration]));
  return Map.groupBy(run.registrations.filter(isResource), ({ parent }) => {
    const type = parents.get(parent ?? "")?.type ?? "";
    return type.startsWith("headrace:") ? type.replace("headrace:", "").replace(":", "/") : "the stack itself";
  });
}

function isResource({ type }: Registration): boolean {
  return type.startsWith("azure-native:");
}

/** `eventHubsDataSender` becomes "Event Hubs Data Sender". */
function inWords(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
