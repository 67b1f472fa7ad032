import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know node:sqlite yet
import { DatabaseSync } from "node:sqlite";

/** A hub that should exist. `$Default` is a consumer group of every hub. */
export interface HubSpec {
  readonly name: string;
  readonly partitions: number;
  readonly consumerGroups: readonly string[];
}

/** A hub as it was created; kept in `hubs.json`. */
export interface HubLayout {
  readonly name: string;
  readonly partitionCount: number;
  readonly consumerGroups: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

interface LayoutOptions {
  readonly folder: string;
  readonly hubs: readonly HubSpec[];
  readonly fresh: boolean;
  readonly now: () => number;
}

interface Layout {
  readonly hubs: readonly HubLayout[];
  close(): void;
}

export const DEFAULT_GROUP = "$Default";
const FILE = "hubs.json";
// Rules of Azure:
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsofteventhub
const HUB_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/;
const GROUP_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$/;
const MAX_PARTITIONS = 100;

/** Takes the folder for this process alone, and merges the kept hubs with those that are asked for. */
export function openLayout({ folder, hubs, fresh, now }: LayoutOptions): Layout {
  for (const hub of hubs) assertValid(hub);
  mkdirSync(folder, { recursive: true });
  const lock = lockFolder(folder);
  try {
    if (fresh) removeHubs(folder, hubs);
    const merged = mergeHubs(readHubs(folder), hubs, now());
    writeHubs(folder, merged);
    return { hubs: merged, close: () => lock.close() };
  } catch (error) {
    lock.close();
    throw error;
  }
}

function mergeHubs(kept: readonly HubLayout[], asked: readonly HubSpec[], now: number): HubLayout[] {
  const hubs = new Map(kept.map((hub) => [hub.name.toLowerCase(), hub]));
  for (const spec of asked) {
    const key = spec.name.toLowerCase();
    hubs.set(key, mergeHub(hubs.get(key) ?? createHub(spec, now), spec));
  }
  return [...hubs.values()];
}

function createHub({ name, partitions }: HubSpec, now: number): HubLayout {
  return { name, partitionCount: partitions, consumerGroups: [DEFAULT_GROUP], createdAt: now };
}

function mergeHub(hub: HubLayout, { partitions, consumerGroups }: HubSpec): HubLayout {
  if (hub.partitionCount !== partitions) {
    throw new Error(
      `hub ${hub.name} was created with ${hub.partitionCount} partitions and cannot be opened with ${partitions}: ` +
        `their number is fixed at creation. Ask for ${hub.partitionCount}, use another folder, or start fresh`,
    );
  }
  const known = new Set(hub.consumerGroups.map((group) => group.toLowerCase()));
  const added = consumerGroups.filter((group) => !known.has(group.toLowerCase()));
  return { ...hub, consumerGroups: [...hub.consumerGroups, ...added] };
}

function assertValid({ name, partitions, consumerGroups }: HubSpec): void {
  if (!HUB_NAME.test(name)) throw new Error(`"${name}" is not a name for a hub`);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS) {
    throw new Error(`hub ${name}: the number of partitions is 1 to ${MAX_PARTITIONS}, not ${partitions}`);
  }
  const wrong = consumerGroups.find((group) => group !== DEFAULT_GROUP && !GROUP_NAME.test(group));
  if (wrong !== undefined) throw new Error(`hub ${name}: "${wrong}" is not a name for a consumer group`);
}

function readHubs(folder: string): HubLayout[] {
  const path = join(folder, FILE);
  const kept = existsSync(path) ? parseLayout(readFileSync(path, "utf8")) : [];
  if (kept) return kept;
  throw new Error(
    `${path} is spoiled. Put it back, or remove it: the hubs that are asked for are then written into it anew, with the events that their folders hold. Ask for as many partitions as they had`,
  );
}

/** Undefined when it is not what this emulator has written. */
function parseLayout(text: string): HubLayout[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every(isLayout) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isLayout(value: unknown): value is HubLayout {
  if (typeof value !== "object" || value === null) return false;
  const { name, partitionCount, consumerGroups, createdAt } = value as Partial<HubLayout>;
  return (
    typeof name === "string" &&
    Number.isInteger(partitionCount) &&
    Array.isArray(consumerGroups) &&
    typeof createdAt === "number"
  );
}

function writeHubs(folder: string, hubs: readonly HubLayout[]): void {
  const path = join(folder, FILE);
  writeFileSync(`${path}.new`, JSON.stringify(hubs, null, 2));
  renameSync(`${path}.new`, path);
}

/** Only folders of hubs are removed, so that a wrong folder name costs nobody's files. */
function removeHubs(folder: string, asked: readonly HubSpec[]): void {
  const names = new Set([...readHubs(folder), ...asked].map(({ name }) => name.toLowerCase()));
  rmSync(join(folder, FILE), { force: true });
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
}

/**
 * Two processes that append to the same files would destroy them. Of the locks that Node has, only SQLite's file lock
 * is released by the operating system when its holder is killed.
 */
function lockFolder(folder: string): DatabaseSync {
  const lock = new DatabaseSync(join(folder, "lock.db"));
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch {
    lock.close();
    throw new Error(`${folder} is in use by another Event Hubs emulator`);
  }
}
