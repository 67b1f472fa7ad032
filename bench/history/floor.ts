import type { Instance } from "./step.ts";

/** The least that one reading must show, by the instance that answers it. */
export type Least = (instance: Instance) => number;

/** The least that later readings must show of something that only grows. */
export interface Floor {
  /** Something was seen at `at` in an answer of this instance. */
  add(value: number, at: number, instance: Instance): void;
  /** For a reading that begins at `at`. */
  at(at: number): Least;
}

interface Fact {
  readonly value: number;
  readonly at: number;
  readonly instance: Instance;
}

/**
 * Replicas lag by at most `lagMs`. So an instance shows what it has shown itself, whenever that was, and what another
 * one has shown longer ago than that. Remembers what is younger, and of the rest one number.
 */
export function createFloor(combine: (a: number, b: number) => number, lagMs: number): Floor {
  let old = 0;
  let young: Fact[] = [];
  return {
    add: (value, at, instance) => void young.push({ value, at, instance }),
    at: (at) => {
      for (const fact of young) if (fact.at <= at - lagMs) old = combine(old, fact.value);
      young = young.filter((fact) => fact.at > at - lagMs);
      // What is added later is not for this reading.
      const [base, facts] = [old, [...young]];
      return (instance) =>
        facts.reduce((least, fact) => (isOf(fact, instance) ? combine(least, fact.value) : least), base);
    },
  };
}

function isOf(fact: Fact, instance: Instance): boolean {
  return instance !== undefined && fact.instance === instance;
}

export const add = (a: number, b: number): number => a + b;
