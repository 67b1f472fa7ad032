import { numberAt, ofType, titleOf } from "./planned.ts";
import { offersOf } from "./services/cosmos.ts";
import { allowedUnits, neededUnits } from "./services/event-hubs.ts";
import type { Stack } from "./stack.ts";

/** Requests in a second that one private origin of Front Door takes (articles/frontdoor/private-link.md). */
const ORIGIN_REQUESTS = 7_200;

/**
 * What the stack is too small for, a sentence each, with the setting to change. The cost is that of a stack that is
 * not.
 */
export function lacksOf(stack: Stack): string[] {
  const { planned, flow } = stack;
  const units = neededUnits(stack);
  return [
    ...ofType(planned, "eventhub:Namespace")
      .filter((namespace) => allowedUnits(namespace) < units)
      .map((namespace) => `${titleOf(namespace)} needs ${units} throughput units: raise headrace:eventHubs.maxUnits`),
    ...offersOf(stack)
      .filter(({ max, used }) => used > max)
      .map(({ of, used }) => `${titleOf(of)} needs ${Math.ceil(used)} RU/s: raise it in headrace:cosmos`),
    ...lacksOfOrigins(ofType(planned, "cdn:AFDOrigin").length, flow.requests),
    ...lacksOfInstances(stack),
  ];
}

function lacksOfOrigins(origins: number, requests: number): string[] {
  const needed = Math.ceil(requests / ORIGIN_REQUESTS);
  if (origins === 0 || needed <= origins) return [];
  return [`Front Door needs ${needed} origins: write as many regions in headrace:edge.privateLinkLocations`];
}

function lacksOfInstances({ planned, groups }: Stack): string[] {
  const most = Math.max(0, ...groups.map(({ awake }) => awake));
  return ofType(planned, "web:WebApp")
    .filter((app) => numberAt(app, "functionAppConfig.scaleAndConcurrency.maximumInstanceCount") < most)
    .map((app) => `${titleOf(app)} needs ${most} instances: raise headrace:app.maxInstances`);
}
