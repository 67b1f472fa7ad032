import { AppError } from "../../errors.ts";
import type { KnownState } from "../../org/org-states.ts";
import { Allowance } from "../../runtime/allowance.ts";
import { type Answer, Refreshed, type RefreshRules } from "../../runtime/refreshed.ts";
import type { IdentityStore, StoredApiKey } from "./identity-store.ts";

export type KeyStore = Pick<IdentityStore, "findLatestApiKey">;

/** What the store says of a key; undefined when there is none. */
export type KeyAnswer = Answer<StoredApiKey | undefined>;

export interface OtherKeysOptions {
  readonly orgId: string;
  /** Most of them that are remembered. */
  readonly share: number;
  readonly rules: RefreshRules & { readonly now: () => number };
  /** Called with the number of keys that it knows from now on. */
  readonly remember: (keys: OtherKeys, count: number) => void;
}

/**
 * A key that is used right after it is made is asked for at once. A flood of made-up keys is asked for only this often.
 */
const FEW = { most: 3, everyMs: 5_000 };
/** Of an org with more keys than its state has: any id may be one of them. */
const MANY = { most: 100, everyMs: 20 };

/**
 * Keys of one org that are not in its state: they were just made, or have ended, or the org has too many. A class and
 * not a factory: an instance of the product has one for each org that is asked for such a key.
 */
export class OtherKeys {
  readonly #store: KeyStore;
  readonly #options: OtherKeysOptions;
  readonly #few: Allowance;
  #many: Allowance | undefined;
  /** The last used ones stand last. */
  readonly #keys = new Map<string, Refreshed<StoredApiKey | undefined>>();

  constructor(store: KeyStore, options: OtherKeysOptions) {
    this.#store = store;
    this.#options = options;
    this.#few = new Allowance({ ...FEW, now: options.rules.now });
    options.remember(this, 0);
  }

  lastKnown(keyId: string): KeyAnswer | undefined {
    return this.#keys.get(keyId)?.held;
  }

  /**
   * Undefined when the store was asked too often already. `admit` is asked before the store is. Rejects as these two
   * do, and with AppError `identity_unavailable` when it cannot be told.
   */
  async find(
    state: KnownState,
    keyId: string,
    freshMs: number,
    admit: () => Promise<void>,
  ): Promise<KeyAnswer | undefined> {
    const known = this.#keys.get(keyId);
    if (known) {
      this.#keys.delete(keyId);
      this.#keys.set(keyId, known);
      return freshOf(known, freshMs, this.#options.rules.now()) ?? known.askTogether();
    }
    const hasMore = state.held?.value?.hasMore ?? false;
    if (this.#mayAsk(hasMore)) {
      await admit();
      return this.#askFor(state, keyId);
    }
    if (!hasMore) return undefined;
    throw new AppError("identity_unavailable", "too many keys of the org are tried that are not known here", {
      retryAfter: 1,
    });
  }

  expire(): void {
    for (const key of this.#keys.values()) key.expire();
  }

  #mayAsk(hasMore: boolean): boolean {
    if (!hasMore) return this.#few.take();
    this.#many ??= new Allowance({ ...MANY, now: this.#options.rules.now });
    return this.#many.take();
  }

  async #askFor(state: KnownState, keyId: string): Promise<KeyAnswer> {
    const { orgId, rules } = this.#options;
    const key = new Refreshed(() => this.#store.findLatestApiKey(orgId, keyId), rules);
    this.#keys.set(keyId, key);
    const answer = await key.askTogether().finally(() => {
      if (key.held?.value === undefined) this.#keys.delete(keyId);
    });
    if (isNew(answer.value)) {
      // A flood has none of these, and an org only so many.
      this.#few.giveBack();
      await this.#lookAgain(state, keyId);
    }
    this.#bound();
    return answer;
  }

  /** Where one was just made, there may be others. */
  async #lookAgain(state: KnownState, keyId: string): Promise<void> {
    if (state.held?.value?.hasMore) return;
    const again = await state.ask().catch(() => undefined);
    if (again?.value?.keys.has(keyId)) this.#keys.delete(keyId);
  }

  #bound(): void {
    for (const keyId of this.#keys.keys()) {
      if (this.#keys.size <= this.#options.share) break;
      this.#keys.delete(keyId);
    }
    this.#options.remember(this, this.#keys.size);
  }
}

function isNew(key: StoredApiKey | undefined): boolean {
  return key !== undefined && key.revokedAt === undefined && key.expiresAt === undefined;
}

/** The answer, unless it is to be asked for again: by its rules, or because it is not younger than `freshMs`. */
export function freshOf<T>({ held, isDue }: Refreshed<T>, freshMs: number, now: number): Answer<T> | undefined {
  return held && !isDue && Math.abs(now - held.askedAt) < freshMs ? held : undefined;
}
