import { z } from "zod";

/** Batches that `npm run bench` measures, and the one that counts where nothing is said. */
export const DEFAULT_BATCH = 20;

/** What an event costs of each service, as measured on the bundle. */
export interface Measured {
  /** Events of a request. */
  readonly batch: number;
  /** Bytes of an event as a message of its own, which it was measured with. */
  readonly eventBytes: number;
  readonly hubMessages: number;
  /** Bytes in Event Hubs for a byte that was sent: envelopes are compressed. */
  readonly hubShare: number;
  readonly queueOperations: number;
  readonly blobOperations: number;
  readonly cosmosRequests: number;
  readonly documents: number;
  readonly ru: number;
  /** Processor time, in seconds: of HTTP functions, and of all others. */
  readonly ingestCpu: number;
  readonly storeCpu: number;
}

const cell = z.union([z.string(), z.number()]);
const tableShape = z.object({ columns: z.array(z.string()), rows: z.array(z.array(cell)) });
const figureShape = z.object({ tables: z.array(tableShape) });
const benchmarksShape = z.record(z.string(), z.unknown());
type Table = z.output<typeof tableShape>;

const OURS = "Headrace";
const PLAIN = "plain way";

/** Reads docs/benchmarks.json. Throws an Error that names what is missing there. */
export function readMeasured(benchmarks: unknown, batch: number = DEFAULT_BATCH): Measured {
  const costs = tablesOf(benchmarks, "cost");
  const cost = theTable(costs, `an event, in batches of ${batch}`, "cost");
  const ingest = theTable(tablesOf(benchmarks, "ingest"), `batches of ${batch}`, "ingest");
  const [stored] = tablesOf(benchmarks, "stored");
  const plainBytes = read(cost, "cost", "Event Hubs bytes in", PLAIN);
  return {
    batch,
    eventBytes: plainBytes,
    hubMessages: read(cost, "cost", "Event Hubs messages", OURS),
    hubShare: read(cost, "cost", "Event Hubs bytes in", OURS) / plainBytes,
    queueOperations: read(cost, "cost", "queue operations", OURS),
    blobOperations: read(cost, "cost", "blob operations", OURS),
    cosmosRequests: read(cost, "cost", "Cosmos DB requests", OURS),
    documents: read(cost, "cost", "Cosmos DB documents created", OURS),
    ru: read(cost, "cost", "Cosmos DB RU", OURS),
    ingestCpu: read(ingest, "ingest", OURS, "CPU µs/event") / 1e6,
    storeCpu: read(stored, "stored", OURS, "worker host, CPU µs/event") / 1e6,
  };
}

function tablesOf(benchmarks: unknown, figure: string): Table[] {
  const all = benchmarksShape.safeParse(benchmarks);
  const parsed = figureShape.safeParse(all.success ? all.data[figure] : undefined);
  if (parsed.success) return parsed.data.tables;
  throw new Error(`docs/benchmarks.json has no figure "${figure}": npm run bench -- --only ${figure}`);
}

function theTable(tables: readonly Table[], title: string, figure: string): Table {
  const found = tables.find(({ columns: [first] }) => first === title);
  if (found !== undefined) return found;
  const titles = tables.map(({ columns: [first] }) => `"${first}"`).join(", ");
  throw new Error(`docs/benchmarks.json has no table "${title}" in the figure "${figure}", only ${titles}`);
}

function read(table: Table | undefined, figure: string, row: string, column: string): number {
  const index = table?.columns.indexOf(column) ?? -1;
  const value = table?.rows.find(([name]) => name === row)?.[index];
  if (typeof value === "number" && index > 0) return value;
  throw new Error(
    `docs/benchmarks.json has no number for "${row}" in the column "${column}" of the figure "${figure}": ` +
      `npm run bench -- --only ${figure}`,
  );
}
