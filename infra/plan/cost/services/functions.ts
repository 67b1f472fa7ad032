import { type Charge, chargesOf } from "../charge.ts";
import type { Group } from "../groups.ts";
import { numberAt, ofType } from "../planned.ts";
import type { Stack } from "../stack.ts";
import { MONTH_SECONDS, monthly } from "../units.ts";

const MB_OF_A_GB = 1_024;

/**
 * An instance is billed while it is at work; one that never sleeps always, and less while it works. The free grants are
 * the subscription's, and another app may have used them: they are left out.
 */
export function chargeFunctions({ planned, groups }: Stack): Charge[] {
  return ofType(planned, "web:WebApp").flatMap((app) => {
    const gb = numberAt(app, "functionAppConfig.scaleAndConcurrency.instanceMemoryMB") / MB_OF_A_GB;
    const gbSeconds = (instances: (group: Group) => number) => sumOf(groups, instances) * gb * MONTH_SECONDS;
    return chargesOf(app, {
      flexTime: gbSeconds(({ busy, ready }) => Math.max(0, busy - ready)),
      flexExecutions: monthly(sumOf(groups, (group) => group.runs * (1 - readyShare(group)))) / 1e6,
      readyBaseline: gbSeconds(({ ready }) => ready),
      readyTime: gbSeconds(({ busy, ready }) => Math.min(busy, ready)),
      readyExecutions: monthly(sumOf(groups, (group) => group.runs * readyShare(group))) / 1e6,
    });
  });
}

/** Of a group's work, by the instances that never sleep. */
function readyShare({ busy, ready }: Group): number {
  return busy === 0 ? 0 : Math.min(1, ready / busy);
}

function sumOf(groups: readonly Group[], of: (group: Group) => number): number {
  return groups.reduce((sum, group) => sum + of(group), 0);
}
