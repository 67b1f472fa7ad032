/** What the subscription and the region have to have. */
export interface Wanted {
  readonly subscriptionId: string;
  /** As ARM writes it: `westeurope`. */
  readonly location: string;
  readonly zones: boolean;
  /** Regions in which Front Door enters. */
  readonly privateLinkLocations: readonly string[];
  readonly memoryMb: number;
  readonly maxInstances: number;
  /** Instances that never sleep, of all groups together. */
  readonly alwaysReady: number;
}

/** What is wrong with one key of the configuration, or with the subscription, and what to do. */
export interface Finding {
  readonly key: string;
  readonly message: string;
}

/** Names of regions are written with blanks and without. */
export function isRegion(name: string, location: string): boolean {
  return name.toLowerCase().replaceAll(" ", "") === location;
}
