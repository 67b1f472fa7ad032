import type { z } from "zod";
import type { settingsSchema } from "./schema.ts";

/** What the program is told, and what follows from it. */
export interface Settings extends Omit<z.output<typeof settingsSchema>, "suffix"> {
  /** The stack's name. */
  readonly stack: string;
  /** The region as ARM writes it: `westeurope`. */
  readonly location: string;
  readonly subscriptionId: string;
  readonly tenantId: string;
  /** The end of names that all of Azure shares. */
  readonly suffix: string;
  /** Where Front Door enters, one origin for each. */
  readonly privateLinkLocations: readonly string[];
}
