import type { Access } from "./access.ts";
import type { Ports } from "./ports.ts";
import type { Trust } from "./trust.ts";

/** Everything that the start of a service depends on. */
export interface SpecContext {
  readonly access: Access;
  readonly stateDir: string;
  readonly ports: Ports;
  readonly appDir: string;
  /** Environment of the Functions host, which are the app's settings. */
  readonly hostEnv: Readonly<Record<string, string>>;
  readonly hostArgs: readonly string[];
  readonly trust: Trust;
  /** Every service gets a clock that can be set. */
  readonly clock: boolean;
  /** Further flags of the Cosmos DB emulator. */
  readonly cosmosArgs: readonly string[];
}
