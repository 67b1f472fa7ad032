/** Of a registration what a bill depends on. */
export interface Planned {
  /** `azure-native:eventhub:Namespace` */
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** All of a type: `eventhub:Namespace`. */
export function ofType(planned: readonly Planned[], type: string): Planned[] {
  return planned.filter((one) => one.type === `azure-native:${type}`);
}

/** The value at a path such as `sku.name` or `locations.0.name`; undefined where there is none. */
export function valueAt({ inputs }: Planned, path: string): unknown {
  return path.split(".").reduce<unknown>((value, part) => {
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[part] : undefined;
  }, inputs);
}

/** Throws an Error where it is no number. */
export function numberAt(planned: Planned, path: string): number {
  const value = valueAt(planned, path);
  if (typeof value === "number") return value;
  throw new Error(
    `the cost of ${titleOf(planned)} needs the number ${path}, and the plan has ${JSON.stringify(value)}`,
  );
}

export function textAt(planned: Planned, path: string): string {
  const value = valueAt(planned, path);
  return typeof value === "string" ? value : "";
}

export function listAt(planned: Planned, path: string): readonly Readonly<Record<string, unknown>>[] {
  const value = valueAt(planned, path);
  return Array.isArray(value) ? (value as Readonly<Record<string, unknown>>[]) : [];
}

/** `eventhub:Namespace namespace` */
export function titleOf({ type, name }: Planned): string {
  return `${type.replace("azure-native:", "")} ${name}`;
}
