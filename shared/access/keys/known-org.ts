import { LRUCache } from "lru-cache";
import { AppError } from "../../errors.ts";
import { Allowance } from "../../runtime/allowance.ts";
import { type Answer, Refreshed, type RefreshRules } from "../../runtime/refreshed.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";

export type KeyStore = Pick<IdentityStore, "listApiKeys" | "listLatestApiKeys" | "findLatestApiKey">;

/** The keys of an org as the store lists them. */
export interface ListedKeys {
  readonly byId: ReadonlyMap<string, StoredApiKey>;
  /** Whether the org has more than are listed. */
  readonly hasMore: boolean;
}

/** What the store says of a key; undefined when there is none. */
export type KeyAnswer = Answer<StoredApiKey | undefined>;

export interface KnownOrgOptions {
  readonly orgId: string;
  /** Most keys that are listed, and as many of those that are not. */
  readonly share: number;
  readonly rules: RefreshRules & { readonly now: () => number };
  /** Called with the number of keys that it knows from now on. */
  readonly remember: (org: KnownOrg, keys: number) => void;
}

/**
 * A key that is used right after it is made is asked for at once. A flood of made-up keys is asked for only this often.
 */
const FEW = { most: 3, everyMs: 5_000 };
/** Of an org with more keys than are listed: any id may be one of them. */
const MANY = { most: 100, everyMs: 20 };

/**
 * What an instance knows of the keys of one org. A class and not a factory: an instance of the product has one for each
 * org that it knows, up to 50,000.
 */
export class KnownOrg {
  readonly listed: Refreshed<ListedKeys>;
  readonly #store: KeyStore;
  readonly #options: KnownOrgOptions;
  readonly #few: Allowance;
  #many: Allowance | undefined;
  /** Keys that are not among the listed ones; the last used ones stand last. */
  #others: Map<string, Refreshed<StoredApiKey | undefined>> | undefined;

  constructor(store: KeyStore, options: KnownOrgOptions) {
    this.#store = store;
    this.#options = options;
    this.#few = new Allowance({ ...FEW, now: options.rules.now });
    this.listed = new Refreshed(() => this.#list(), options.rules);
    options.remember(this, 0);
  }

  /** What the last answers said of a key, however old they are. */
  lastKnown(keyId: string): KeyAnswer | undefined {
    const { held } = this.listed;
    const value = held?.value.byId.get(keyId);
    return held && value ? { value, askedAt: held.askedAt } : this.#others?.get(keyId)?.held;
  }

  /**
   * A key that is not among the listed ones: it was just made, or has ended, or the org has more than are listed.
   * Undefined when the store was asked too often already. `admit` is asked before the store is. Rejects as these two
   * do, and with AppError `identity_unavailable` when it cannot be told.
   */
  async findOther(keyId: string, freshMs: number, admit: () => Promise<void>): Promise<KeyAnswer | undefined> {
    const known = this.#others?.get(keyId);
    if (known) {
      this.#others?.delete(keyId);
      this.#others?.set(keyId, known);
      return freshOf(known, freshMs, this.#options.rules.now()) ?? known.askTogether();
    }
    if (this.#mayAsk()) {
      await admit();
      return this.#askFor(keyId);
    }
    if (!this.listed.held?.value.hasMore) return undefined;
    throw new AppError("identity_unavailable", "too many keys of the org are tried that are not known here", {
      retryAfter: 1,
    });
  }

  expire(): void {
    this.listed.expire();
    for (const other of this.#others?.values() ?? []) other.expire();
  }

  async #list(): Promise<ListedKeys> {
    const { orgId, share, remember } = this.#options;
    // Again: perhaps because something has changed elsewhere, which a replica may not have yet.
    const again = this.listed.held !== undefined;
    const found = await this.#store[again ? "listLatestApiKeys" : "listApiKeys"](orgId, share + 1);
    const byId = new Map(found.slice(0, share).map((key) => [key.keyId, key]));
    for (const keyId of byId.keys()) this.#others?.delete(keyId);
    remember(this, byId.size + (this.#others?.size ?? 0));
    return { byId, hasMore: found.length > share };
  }

  #mayAsk(): boolean {
    if (!this.listed.held?.value.hasMore) return this.#few.take();
    this.#many ??= new Allowance({ ...MANY, now: this.#options.rules.now });
    return this.#many.take();
  }

  async #askFor(keyId: string): Promise<KeyAnswer> {
    const { orgId, rules } = this.#options;
    const other = new Refreshed(() => this.#store.findLatestApiKey(orgId, keyId), rules);
    this.#others ??= new Map();
    this.#others.set(keyId, other);
    const answer = await other.askTogether().finally(() => {
      if (other.held?.value === undefined) this.#others?.delete(keyId);
    });
    // Where one was just made, there may be others.
    if (isNew(answer.value) && !this.listed.held?.value.hasMore) await this.listed.ask().catch(() => undefined);
    this.#boundOthers();
    return answer;
  }

  #boundOthers(): void {
    const others = this.#others ?? new Map<string, never>();
    for (const keyId of others.keys()) {
      if (others.size <= this.#options.share) break;
      others.delete(keyId);
    }
    this.#options.remember(this, (this.listed.held?.value.byId.size ?? 0) + others.size);
  }
}

function isNew(key: StoredApiKey | undefined): boolean {
  return key !== undefined && key.revokedAt === undefined && key.expiresAt === undefined;
}

/** The answer, unless it is to be asked for again: by its rules, or because it is not younger than `freshMs`. */
export function freshOf<T>({ held, isDue }: Refreshed<T>, freshMs: number, now: number): Answer<T> | undefined {
  return held && !isDue && Math.abs(now - held.askedAt) < freshMs ? held : undefined;
}

/** Orgs without keys remembered at once, apart from the others: made-up ones must not push those out. */
const EMPTY_ORGS = 5_000;

export interface OrgMemory {
  find(orgId: string): KnownOrg | undefined;
  /** `keys`: how many it knows. */
  remember(orgId: string, org: KnownOrg, keys: number): void;
}

/** `maxKeys`: the most keys remembered at once, those of all orgs together. */
export function createOrgMemory(maxKeys: number): OrgMemory {
  const orgs = new LRUCache<string, KnownOrg>({ maxSize: maxKeys });
  const empty = new LRUCache<string, KnownOrg>({ max: EMPTY_ORGS });
  return {
    find: (orgId) => orgs.get(orgId) ?? empty.get(orgId),
    remember: (orgId, org, keys) => {
      orgs.delete(orgId);
      empty.delete(orgId);
      if (keys === 0) empty.set(orgId, org);
      else orgs.set(orgId, org, { size: 1 + Math.min(keys, maxKeys - 1) });
    },
  };
}
