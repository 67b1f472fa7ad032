import { assumed } from "./assumptions.ts";
import type { Flow } from "./flow.ts";
import { type Group, groupsOf } from "./groups.ts";
import { numberAt, ofType, type Planned, valueAt } from "./planned.ts";

/** A plan with a load on it: what each service's bill is made of. */
export interface Stack {
  readonly planned: readonly Planned[];
  readonly flow: Flow;
  /** Of the one app. */
  readonly groups: readonly Group[];
  /** Instances that are there, of all groups together. */
  readonly awake: number;
  /** Runs of functions in a second. */
  readonly runs: number;
}

/** Throws an Error where the plan has no app, or several. */
export function loadStack(planned: readonly Planned[], flow: Flow): Stack {
  const [app, ...more] = ofType(planned, "web:WebApp");
  if (app === undefined || more.length > 0)
    throw new Error(`the plan has ${more.length + (app ? 1 : 0)} apps, not one`);
  const groups = groupsOf(app, planned, flow, probesOf(planned));
  return {
    planned,
    flow,
    groups,
    awake: groups.reduce((sum, { awake }) => sum + awake, 0),
    runs: groups.reduce((sum, { runs }) => sum + runs, 0),
  };
}

/** Every location of Front Door asks every origin, where there are several. In a second. */
function probesOf(planned: readonly Planned[]): number {
  const origins = ofType(planned, "cdn:AFDOrigin").length;
  return ofType(planned, "cdn:AFDOriginGroup")
    .filter((group) => valueAt(group, "healthProbeSettings") !== undefined)
    .reduce((sum, group) => {
      return sum + (assumed("edges") * origins) / numberAt(group, "healthProbeSettings.probeIntervalInSeconds");
    }, 0);
}
