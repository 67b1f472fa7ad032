import { columnNames } from "./columns.ts";

/**
 * The containers of the `headrace` database, for the programs that create them: the Pulumi program in Azure, the
 * embedded default on a laptop. Indexing excludes everything and includes only the paths that queries use: a write pays
 * for each indexed path.
 */
export interface ContainerDefinition {
  readonly id: string;
  /** Hierarchical partition key, outermost first. */
  readonly partitionKey: readonly string[];
  readonly indexedPaths: readonly string[];
  readonly compositeIndexes: readonly (readonly { path: string; order: "ascending" | "descending" }[])[];
  /** Seconds; -1 keeps documents unless they carry a `ttl` of their own; undefined switches expiry off. */
  readonly defaultTtl?: number;
}

export const databaseName = "headrace";

/** What types promote of their properties, for all orgs alike: docs/adr/0053. An event has few of them, or none. */
const columns = columnNames.map((name) => `/${name}` as const);

/** Serves `WHERE` equality on these paths with `ORDER BY` the same paths, then newest first: docs/adr/0020. */
function newestFirst(...filters: readonly string[]) {
  return descending(...filters, "/timestamp", "/id");
}

function descending(...paths: readonly string[]) {
  return paths.map((path) => ({ path, order: "descending" as const }));
}

export const containers = {
  events: {
    id: "events",
    partitionKey: ["/org_id", "/id"],
    indexedPaths: [
      "/org_id/?",
      "/timestamp/?",
      "/event_type/?",
      "/user_id/?",
      "/schema_version/?",
      ...columns.map((path) => `${path}/?`),
    ],
    compositeIndexes: [
      newestFirst("/org_id"),
      newestFirst("/org_id", "/user_id"),
      newestFirst("/org_id", "/event_type"),
      ...columns.map((path) => newestFirst("/org_id", path)),
    ],
    defaultTtl: -1,
  },
  ledger: {
    id: "ledger",
    partitionKey: ["/org_id", "/slot"],
    indexedPaths: [
      "/org_id/?",
      "/slot/?",
      "/kind/?",
      "/open/?",
      "/first_hour/?",
      "/last_hour/?",
      "/sealed/?",
      // Nobody asks by it any more. An instance of 0.6.0, which may run beside this one, is not ready without it.
      "/merged_seq/?",
    ],
    compositeIndexes: [],
    // Entries have a `ttl` of their own.
    defaultTtl: -1,
  },
  quarantine: {
    id: "quarantine",
    partitionKey: ["/org_id", "/id"],
    indexedPaths: ["/org_id/?", "/received_at/?", "/code/?", "/event_type/?"],
    compositeIndexes: [
      descending("/org_id", "/received_at", "/id"),
      descending("/org_id", "/code", "/received_at", "/id"),
      descending("/org_id", "/event_type", "/received_at", "/id"),
    ],
    defaultTtl: 30 * 24 * 3600,
  },
  registry: { id: "registry", partitionKey: ["/org_id"], indexedPaths: ["/org_id/?", "/kind/?"], compositeIndexes: [] },
  jobs: {
    id: "jobs",
    partitionKey: ["/org_id"],
    indexedPaths: ["/org_id/?", "/place/?"],
    compositeIndexes: [descending("/org_id", "/id")],
    // Jobs that have ended have a `ttl` of their own.
    defaultTtl: -1,
  },
  identity: {
    id: "identity",
    partitionKey: ["/org_id"],
    indexedPaths: ["/org_id/?", "/kind/?", "/member_id/?", "/timestamp/?", "/action/?", "/actor/?"],
    // The audit trail; no other document has a `timestamp`.
    compositeIndexes: [newestFirst("/org_id")],
    defaultTtl: -1,
  },
  control: {
    id: "control",
    partitionKey: ["/id"],
    indexedPaths: ["/kind/?"],
    compositeIndexes: [],
    defaultTtl: -1,
  },
} as const satisfies Record<string, ContainerDefinition>;

export type ContainerName = keyof typeof containers;
