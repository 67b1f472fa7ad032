import { type Charge, chargesOf } from "../charge.ts";
import { numberAt, ofType, type Planned, textAt, valueAt } from "../planned.ts";
import type { Stack } from "../stack.ts";
import { GB, HOURS, monthly } from "../units.ts";

/** What a throughput unit takes in and gives out in a second ("Event Hubs quotas and limits"). */
const UNIT = { bytesIn: 1e6, eventsIn: 1_000, bytesOut: 2e6, eventsOut: 4_096 } as const;
/** What is above counts as several events. */
const EVENT_BYTES = 64 * 1_024;
/** Of Standard; what is above is billed as blobs. */
const FREE_GB_OF_A_UNIT = 84;

/**
 * Standard by throughput units and events, Premium by processing units. Units are added and, in a month, not taken away
 * again.
 */
export function chargeEventHubs(stack: Stack): Charge[] {
  const { planned, flow } = stack;
  const captured = ofType(planned, "eventhub:EventHub").some(
    (hub) => valueAt(hub, "captureDescription.enabled") === true,
  );
  return ofType(planned, "eventhub:Namespace").flatMap((namespace) => {
    if (textAt(namespace, "sku.name") === "Premium")
      return chargesOf(namespace, { hubProcessingUnit: numberAt(namespace, "sku.capacity") * HOURS });
    const units = Math.max(numberAt(namespace, "sku.capacity"), neededUnits(stack));
    return chargesOf(namespace, {
      hubThroughputUnit: units * HOURS,
      hubEvents: monthly(flow.hubMessages * eventsOfMessage(stack)) / 1e6,
      hubCapture: captured ? units * HOURS : 0,
      blobDataLrs: Math.max(0, keptGb(stack) - units * FREE_GB_OF_A_UNIT),
    });
  });
}

/** Throughput units that the load needs. */
export function neededUnits({ flow: { hubMessages, hubBytes } }: Stack): number {
  const { bytesIn, eventsIn, bytesOut, eventsOut } = UNIT;
  return Math.ceil(Math.max(hubBytes / bytesIn, hubMessages / eventsIn, hubBytes / bytesOut, hubMessages / eventsOut));
}

/** Units that the namespace may have. */
export function allowedUnits(namespace: Planned): number {
  const own = numberAt(namespace, "sku.capacity");
  return valueAt(namespace, "isAutoInflateEnabled") === true ? numberAt(namespace, "maximumThroughputUnits") : own;
}

function eventsOfMessage({ flow: { hubMessages, hubBytes } }: Stack): number {
  return hubMessages === 0 ? 0 : Math.max(1, Math.ceil(hubBytes / hubMessages / EVENT_BYTES));
}

function keptGb({ planned, flow: { hubBytes } }: Stack): number {
  const hours = ofType(planned, "eventhub:EventHub").map((hub) =>
    numberAt(hub, "retentionDescription.retentionTimeInHours"),
  );
  return (hubBytes * Math.max(0, ...hours) * 3_600) / GB;
}
