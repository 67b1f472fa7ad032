import { type Atom, atomOf, atoms, atomsOfType } from "./atoms.ts";
import type { Budget } from "./budget.ts";
import { childrenOf, idOf, isObjectNode, type Node, type ObjectNode, resolveRef } from "./node.ts";
import { type View, valuesOf } from "./values.ts";

/** All of some schemas, and of each list one. */
export interface Parts {
  readonly all: readonly Node[];
  readonly choices?: readonly (readonly Node[])[];
}

/** How many cases are told apart. Where there would be more, a choice is left out: less is known then. */
const MOST_CASES = 64;

/** The cases of what fits schemas: of every `anyOf` and `oneOf` one. None when nothing can fit. */
export function casesOf(parts: Parts, budget: Budget, within: ReadonlySet<Atom> = new Set(atoms)): View[] {
  const known = { nodes: [], choices: parts.choices ?? [] };
  return expand(parts.all, known, MOST_CASES, budget).map((nodes) => narrow({ nodes, atoms: within }));
}

/** The view with the kinds that are left by `type`, or by the values that may come. */
function narrow(view: View): View {
  const types = view.nodes.map(({ schema }) => atomsOfType(schema.type));
  const kinds = new Set([...view.atoms].filter((atom) => types.every((type) => type.has(atom))));
  const values = valuesOf({ ...view, atoms: kinds });
  return { ...view, atoms: values ? new Set(values.map(atomOf)) : kinds };
}

interface Case {
  readonly nodes: readonly ObjectNode[];
  readonly choices: readonly (readonly Node[])[];
}

function expand(todo: readonly Node[], known: Case, room: number, budget: Budget): (readonly ObjectNode[])[] {
  const found = gather(todo, known, budget);
  if (!found) return [];
  const [choice, ...choices] = found.choices.filter(({ length }) => length <= room);
  if (!choice) return [found.nodes];
  const rest = { nodes: found.nodes, choices };
  return choice.flatMap((branch) => expand([branch], rest, Math.floor(room / choice.length), budget));
}

/** What must hold at once, behind references and `allOf` too. Undefined where nothing can fit. */
function gather(todo: readonly Node[], { nodes, choices }: Case, budget: Budget): Case | undefined {
  const found = new Map(nodes.map((node) => [idOf(node), node]));
  const open = [...choices];
  const left = [...todo];
  for (let node = left.pop(); node; node = left.pop()) {
    if (node.schema === false) return undefined;
    if (!isObjectNode(node) || found.has(idOf(node)) || changesReferences(node)) continue;
    if (!budget.spend(1 + nodes.length)) break;
    found.set(idOf(node), node);
    const target = resolveRef(node);
    left.push(...(target ? [target] : []), ...childrenOf(node, "allOf"));
    for (const keyword of ["anyOf", "oneOf"]) if (node.schema[keyword]) open.push(childrenOf(node, keyword));
  }
  return { nodes: [...found.values()], choices: open };
}

/** In an `$id` of its own, references lead elsewhere: what it says is left out. */
function changesReferences({ schema, pointer }: ObjectNode): boolean {
  return pointer !== "" && Object.hasOwn(schema, "$id");
}
