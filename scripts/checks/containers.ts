import { readFileSync } from "node:fs";
import { type ContainerDefinition, containers } from "../../shared/store/containers.ts";
import { type Finding, reportFindings } from "./support/finding.ts";
import { type Piece, readPage } from "./support/markdown.ts";

const CODE = "shared/store/containers.ts";
const PAGE = "docs/ARCHITECTURE.md";
/** The first cell of a row that begins a container: "`events` (`/org_id`, `/id`)". */
const firstCell = /^\| `(?<id>\w+)` \((?<key>[^)]*)\) \|/;

/** Containers that only the code or only the page of documents has, or whose partition keys differ between the two. */
export function findHalfContainers(definitions: readonly ContainerDefinition[], page: string): Finding[] {
  const { prose, spans } = readPage(page);
  const missing = definitions.filter(({ id }) => !spans.some(({ text }) => text === id));
  return [
    ...missing.map(({ id }) => ({
      path: PAGE,
      what: `the container "${id}" of ${CODE} is not named`,
      next: "Add a row to the table of documents for each kind that it holds.",
    })),
    ...prose.flatMap(readRow).flatMap((row) => checkRow(row, definitions)),
  ];
}

interface Row {
  readonly id: string;
  readonly key: string;
  readonly line: number;
}

function readRow({ text, line }: Piece): Row[] {
  const { id, key } = firstCell.exec(text)?.groups ?? {};
  return id === undefined || key === undefined ? [] : [{ id, key, line }];
}

function checkRow({ id, key, line }: Row, definitions: readonly ContainerDefinition[]): Finding[] {
  const definition = definitions.find((one) => one.id === id);
  const at = { path: PAGE, line };
  if (!definition)
    return [
      { ...at, what: `the container "${id}" is not defined`, next: `Define it in ${CODE}, or take the row out.` },
    ];
  const right = definition.partitionKey.map((path) => `\`${path}\``).join(", ");
  return key === right ? [] : [{ ...at, what: `the partition key of "${id}" is ${right}`, next: "Write it so." }];
}

if (import.meta.main) reportFindings(findHalfContainers(Object.values(containers), readFileSync(PAGE, "utf8")));
