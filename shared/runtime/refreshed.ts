import { withDeadline } from "./deadline.ts";
import { reached } from "./reached.ts";

/** The answer of a source. */
export interface Answer<T> {
  readonly value: T;
  /** Milliseconds since 1970, before the source was asked. */
  readonly askedAt: number;
}

/** All times in ms. */
export interface RefreshRules {
  /** Age from which an answer is due to be asked for again. Default: no age. */
  readonly refreshMs?: number;
  /** Age from which a caller waits for the next answer. Default: `refreshMs`. */
  readonly staleMs?: number;
  /** Age from which nobody is given the answer any more, although its source is away. Default: no age. */
  readonly goodMs?: number;
  /** Longest that a caller waits. Default: 2,000. */
  readonly waitMs?: number;
  /** For how long a source that failed is left alone. Default: 0. */
  readonly restMs?: number;
  /** Asked again when it is due although nobody wants it, by a timer that keeps no process alive. Default: false. */
  readonly byTimer?: boolean;
  readonly now?: () => number;
}

const WAIT_MS = 2_000;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * One answer that is remembered. It is asked for once at a time, refreshed in the background, and given although it is
 * old while its source is away. An answer that comes when nobody waits any more is taken all the same. A source needs a
 * deadline of its own.
 *
 * Ages go by the wall clock, since the monotonic one may stand still while a machine sleeps. A clock that is set
 * forward makes an answer old, as sleep does. One that is set back leaves an answer from the future, and nobody can
 * tell how old it is. It is due at once, and counts as old as it lies ahead.
 *
 * A class and not a factory: an instance of the product has one for each org that it knows, up to 50,000.
 */
export class Refreshed<T> {
  readonly #source: () => Promise<T>;
  readonly #rules: RefreshRules;
  #held: Answer<T> | undefined;
  #asking: Promise<Answer<T>> | undefined;
  #together: Promise<Answer<T>> | undefined;
  /** The source failed, or was waited for in vain, and has not answered since. */
  #away = false;
  #failedAt = NEVER;
  #lookedAt = NEVER;
  #expiries = 0;
  /** How many of them the answer has seen; a request sent before one does not count. */
  #expiriesSeen = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: () => Promise<T>, rules: RefreshRules = {}) {
    this.#source = source;
    this.#rules = rules;
  }

  /** The last answer, however old. */
  get held(): Answer<T> | undefined {
    return this.#held;
  }

  get isDue(): boolean {
    if (this.#held === undefined || this.#isExpired) return true;
    const age = this.#now() - this.#held.askedAt;
    return age < 0 || age >= (this.#rules.refreshMs ?? Number.POSITIVE_INFINITY);
  }

  get isAsking(): boolean {
    return this.#asking !== undefined;
  }

  /** Whether the source failed a moment ago. */
  get isResting(): boolean {
    return this.#since(this.#failedAt) < (this.#rules.restMs ?? 0);
  }

  /**
   * The answer by the rules; undefined when there is no good one. While the source is away, callers who can be given an
   * old answer do not wait; the others wait one at a time.
   */
  current(): Answer<T> | undefined | Promise<Answer<T> | undefined> {
    if (!this.isDue) return this.#held;
    const old = this.#findGood();
    if (this.isResting || (old === undefined && this.#isGivenUp)) return old;
    if (old !== undefined && !this.#mustWait(old)) {
      reached("old-answer-given");
      this.askLater();
      return old;
    }
    const settle = (): Answer<T> | undefined => this.#findGood();
    return this.#wait(this.#rules.waitMs).then(settle, settle);
  }

  /** Asks the source, or joins a request under way. Rejects as the source does. */
  ask(): Promise<Answer<T>> {
    this.#asking ??= this.#askSource().finally(() => {
      this.#asking = undefined;
      this.#together = undefined;
      this.#keepFresh();
    });
    return this.#asking;
  }

  askLater(): void {
    this.ask().catch(() => undefined);
  }

  /**
   * The same, for `ms` at most. Rejects at once when somebody has waited in vain already: a queue of requests would
   * only grow.
   */
  askBriefly(ms: number): Promise<Answer<T>> {
    return this.#isGivenUp ? Promise.reject(new Error("it has not answered yet")) : this.#wait(ms);
  }

  /** The same, where all wait for `waitMs` from the first one on: later ones do not wait at all. */
  askTogether(): Promise<Answer<T>> {
    this.#together ??= this.#wait(this.#rules.waitMs);
    return this.#together;
  }

  /** Asks because the answer lacks something, at most once in `everyMs`; all wait together. Never rejects. */
  async lookAgain(everyMs: number): Promise<void> {
    if (this.#since(this.#lookedAt) >= everyMs) {
      this.#lookedAt = this.#now();
      this.askTogether().catch(() => undefined);
    }
    await this.#together?.catch(() => undefined);
  }

  /** Asks anew: a request under way may be older than the reason for this call. Never rejects. */
  async refresh(): Promise<void> {
    await this.#asking?.catch(() => undefined);
    await this.ask().catch(() => undefined);
  }

  /**
   * The answer must not be used any more: the next caller waits for another one, and takes the old one when none comes.
   */
  expire(): void {
    this.#expiries++;
  }

  get #isExpired(): boolean {
    return this.#expiries !== this.#expiriesSeen;
  }

  get #isGivenUp(): boolean {
    return this.#away && this.#asking !== undefined;
  }

  #mustWait(old: Answer<T>): boolean {
    if (this.#away) return false;
    const { staleMs = this.#rules.refreshMs ?? 0 } = this.#rules;
    // It is being asked, and has been since the answer was due: it hangs.
    return this.#isExpired || (this.#since(old.askedAt) >= staleMs && this.#asking === undefined);
  }

  #findGood(): Answer<T> | undefined {
    const { goodMs = Number.POSITIVE_INFINITY } = this.#rules;
    return this.#held && this.#since(this.#held.askedAt) < goodMs ? this.#held : undefined;
  }

  async #askSource(): Promise<Answer<T>> {
    const [askedAt, expiries] = [this.#now(), this.#expiries];
    try {
      this.#held = { value: await this.#source(), askedAt };
      this.#expiriesSeen = expiries;
      this.#away = false;
      this.#failedAt = NEVER;
      return this.#held;
    } catch (error) {
      this.#away = true;
      this.#failedAt = this.#now();
      throw error;
    }
  }

  #wait(ms = WAIT_MS): Promise<Answer<T>> {
    return withDeadline(ms, (signal) => {
      signal.addEventListener("abort", () => {
        reached("source-waited-for-in-vain");
        this.#away = true;
      });
      return this.ask();
    });
  }

  #keepFresh(): void {
    const { refreshMs, byTimer } = this.#rules;
    if (!byTimer || refreshMs === undefined || !this.#held) return;
    clearTimeout(this.#timer);
    // Requests ask more often while it is away; if many idle instances did so, they would keep a throttled source away.
    this.#timer = setTimeout(() => this.askLater(), refreshMs / (this.#away ? 2 : 1)).unref();
  }

  #now(): number {
    return (this.#rules.now ?? Date.now)();
  }

  #since(time: number): number {
    return Math.abs(this.#now() - time);
  }
}
