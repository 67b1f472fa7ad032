import { type Atom, atomOf } from "./atoms.ts";
import { isRecord, listOf, type ObjectNode } from "./node.ts";
import { type View, valuesOf } from "./values.ts";

/** An end of a range; when `open`, the value itself is not in it. */
export interface End {
  readonly value: number;
  readonly open: boolean;
}

export interface Range {
  readonly lower: End;
  readonly upper: End;
}

/** What is measured of a value: itself, its characters, its items, its members. */
export type Measure = "number" | "string" | "array" | "object";

export const measuredKeywords = {
  number: { least: "minimum", most: "maximum" },
  string: { least: "minLength", most: "maxLength" },
  array: { least: "minItems", most: "maxItems" },
  object: { least: "minProperties", most: "maxProperties" },
} as const;

export const atomsOfMeasure: Readonly<Record<Measure, readonly Atom[]>> = {
  number: ["integer", "fraction"],
  string: ["string"],
  array: ["array"],
  object: ["object"],
};

function measure(value: unknown): number {
  if (typeof value === "number") return value;
  // Characters and not UTF-16 units: what JSON Schema counts.
  if (typeof value === "string") return [...value].length;
  return Array.isArray(value) ? value.length : Object.keys(isRecord(value) ? value : {}).length;
}

/** Where the measure of a value lies. Undefined when no value of the kind may come. */
export function rangeOf(view: View, kind: Measure): Range | undefined {
  const kinds = atomsOfMeasure[kind];
  if (!kinds.some((atom) => view.atoms.has(atom))) return undefined;
  const values = valuesOf(view)?.filter((value) => kinds.includes(atomOf(value)));
  if (values?.length === 0) return undefined;
  const range = intersect([...view.nodes.flatMap((node) => saidBy(node, kind)), ...(values ? [span(values)] : [])]);
  return kind === "number" && !view.atoms.has("fraction") ? toIntegers(range) : range;
}

function span(values: readonly unknown[]): Range {
  const sizes = values.map(measure);
  return {
    lower: { value: sizes.reduce((a, b) => Math.min(a, b)), open: false },
    upper: { value: sizes.reduce((a, b) => Math.max(a, b)), open: false },
  };
}

const everything: Range = {
  lower: { value: Number.NEGATIVE_INFINITY, open: false },
  upper: { value: Number.POSITIVE_INFINITY, open: false },
};

function saidBy({ schema }: ObjectNode, kind: Measure): Range[] {
  const { least, most } = measuredKeywords[kind];
  const ranges = [
    { ...everything, ...endOf("lower", schema[least], false) },
    { ...everything, ...endOf("upper", schema[most], false) },
  ];
  if (kind === "object")
    return [...ranges, { ...everything, ...endOf("lower", listOf(schema.required).length, false) }];
  if (kind !== "number") return ranges;
  return [
    ...ranges,
    { ...everything, ...endOf("lower", schema.exclusiveMinimum, true) },
    { ...everything, ...endOf("upper", schema.exclusiveMaximum, true) },
  ];
}

function endOf(side: "lower" | "upper", value: unknown, open: boolean): Partial<Range> {
  return typeof value === "number" ? { [side]: { value, open } } : {};
}

function intersect(ranges: readonly Range[]): Range {
  return ranges.reduce(
    (range, next) => ({
      lower: isWithinLower(range.lower, next.lower) ? range.lower : next.lower,
      upper: isWithinUpper(range.upper, next.upper) ? range.upper : next.upper,
    }),
    everything,
  );
}

/** Whether nothing that `end` lets in is below `limit`. */
export function isWithinLower(end: End, limit: End): boolean {
  return end.value > limit.value || (end.value === limit.value && (end.open || !limit.open));
}

/** Whether nothing that `end` lets in is above `limit`. */
export function isWithinUpper(end: End, limit: End): boolean {
  return end.value < limit.value || (end.value === limit.value && (end.open || !limit.open));
}

function toIntegers({ lower, upper }: Range): Range {
  return {
    lower: { value: lower.open ? Math.floor(lower.value) + 1 : Math.ceil(lower.value), open: false },
    upper: { value: upper.open ? Math.ceil(upper.value) - 1 : Math.floor(upper.value), open: false },
  };
}

export function isEmptyRange({ lower, upper }: Range): boolean {
  return lower.value > upper.value || (lower.value === upper.value && (lower.open || upper.open));
}
