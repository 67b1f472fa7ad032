import { PatternError, type PatternNode } from "./parse-pattern.ts";

/** One step of a program. `next` and `other` are places in it. */
export type PatternStep =
  | { readonly is: "match" }
  | { readonly is: "atom"; readonly atom: number; readonly next: number }
  | { readonly is: "start" | "end"; readonly next: number }
  | { readonly is: "fork"; readonly next: number; readonly other: number };

/** A nondeterministic automaton, by Thompson's construction. */
export interface PatternProgram {
  readonly steps: readonly PatternStep[];
  readonly first: number;
  /** What matches one code point, each once. */
  readonly atoms: readonly string[];
}

/** With repetitions written out. Throws PatternError when it has more than `most` steps. */
export function toProgram(root: PatternNode, most: number): PatternProgram {
  const steps: PatternStep[] = [];
  const atoms = new Map<string, number>();
  const add = (step: PatternStep): number => {
    if (steps.length >= most)
      throw new PatternError(`has more than ${most} steps when its repetitions are written out`);
    return steps.push(step) - 1;
  };
  /** Gives the place of the first step. Made from its end: what follows is there already. */
  const put = (node: PatternNode, next: number): number => {
    switch (node.is) {
      case "start":
      case "end":
        return add({ is: node.is, next });
      case "sequence":
        return node.of.reduceRight((after, one) => put(one, after), next);
      case "choice":
        return node.of.map((one) => put(one, next)).reduceRight((other, one) => add({ is: "fork", next: one, other }));
      case "repeat":
        return putRepeat(node, next);
      case "atom": {
        const atom = atoms.get(node.text) ?? atoms.size;
        atoms.set(node.text, atom);
        return add({ is: "atom", atom, next });
      }
    }
  };
  const putRepeat = ({ of, least, most: upTo }: PatternNode & { readonly is: "repeat" }, next: number): number => {
    let first = next;
    if (upTo === Number.POSITIVE_INFINITY) {
      first = add({ is: "fork", next, other: next });
      steps[first] = { is: "fork", next: put(of, first), other: next };
    } else for (let i = least; i < upTo; i++) first = add({ is: "fork", next: put(of, first), other: next });
    for (let i = 0; i < least; i++) {
      const before = steps.length;
      first = put(of, first);
      // Nothing repeated is nothing, however often.
      if (steps.length === before) break;
    }
    return first;
  };
  const first = put(root, add({ is: "match" }));
  return { steps, first, atoms: [...atoms.keys()] };
}

/** Whether an atom is more than a code point that is written as it is, or behind a backslash. */
export function isClass(atom: string): boolean {
  return literalOf(atom) === undefined;
}

/** The one code point that an atom is, where that is told by looking. */
export function literalOf(atom: string): string | undefined {
  if (atom.startsWith("\\")) return /^\\[^A-Za-z0-9]$/.test(atom) ? atom.slice(1) : undefined;
  return atom === "." || atom.startsWith("[") ? undefined : atom;
}
