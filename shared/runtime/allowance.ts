/** How often something may be done. */
export interface AllowanceRules {
  /** As often at once, after a rest. */
  readonly most: number;
  /** Milliseconds in which one more is given back. */
  readonly everyMs: number;
  readonly now: () => number;
}

/** A class and not a factory: an instance of the product has one for each org that it knows. */
export class Allowance {
  readonly #rules: AllowanceRules;
  #left: number;
  #filledAt: number;

  constructor(rules: AllowanceRules) {
    this.#rules = rules;
    this.#left = rules.most;
    this.#filledAt = rules.now();
  }

  /** Whether it may be done once more; then it counts as done. */
  take(): boolean {
    const { most, everyMs, now } = this.#rules;
    const at = now();
    // A clock that was put back gives nothing, and takes nothing.
    this.#left = Math.min(most, this.#left + Math.max(0, at - this.#filledAt) / everyMs);
    this.#filledAt = at;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  /** What was taken last does not count. */
  giveBack(): void {
    this.#left = Math.min(this.#rules.most, this.#left + 1);
  }
}
