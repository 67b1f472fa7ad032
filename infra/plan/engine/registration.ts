import type { Properties } from "./values.ts";

export const hookEvents = [
  "beforeCreate",
  "afterCreate",
  "beforeUpdate",
  "afterUpdate",
  "beforeDelete",
  "afterDelete",
] as const;
export type HookEvent = (typeof hookEvents)[number];

/** What the program asked for, as the engine was told. */
export interface Registration {
  /** `azure-native:web:WebApp`, or `headrace:data:Cosmos` for a component. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** Of a provider's resource; false: a component or the stack. */
  readonly custom: boolean;
  /** What the provider gets. `UNKNOWN` stands for an output that a preview does not know. */
  readonly inputs: Properties;
  /** Paths of inputs that the program marked as secret. */
  readonly secrets: readonly string[];
  readonly parent?: string;
  /** URNs: `dependsOn`, and all that an input comes from. */
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
  /** URNs, names or types that it had before, azure-native's own for other API versions left out. */
  readonly aliases: readonly string[];
  /** Names of hooks by event. */
  readonly hooks: Readonly<Partial<Record<HookEvent, readonly string[]>>>;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly retainOnDelete: boolean;
  readonly deleteBeforeReplace: boolean;
}

/** What is kept of a resource between runs. */
export interface Kept {
  readonly registration: Registration;
  /** ARM's id; a component has none. */
  readonly id: string;
  readonly outputs: Properties;
}

/** By URN, in the order in which the resources were made. */
export type State = Readonly<Record<string, Kept>>;
