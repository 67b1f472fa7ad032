import { containers } from "../../shared/store/containers.ts";
import type { Problem } from "./problem.ts";
import type { Settings } from "./schema.ts";

/** Quotas of Event Hubs' tiers, from "Event Hubs quotas and limits". */
const tiers = {
  Standard: { units: undefined, partitions: 32, hours: 168 },
  Premium: { units: [1, 2, 4, 8, 16], partitions: 100, hours: 2160 },
} as const;

/**
 * Messages of a full hub in an instance, in MB a partition: the batch in work, five times (three in the host, two in the
 * worker), and what is read ahead. test/infra/message-bytes.test.ts holds it against host.json.
 */
const MESSAGE_MB = 14.2;
/** The share of an instance's memory that messages may take: an instance may own all partitions. */
const MESSAGE_SHARE = 0.58;

/** Numbers that are right by themselves and don't go together. */
export function checkCapacity({ eventHubs, cosmos, app }: Settings): Problem[] {
  const { sku, units, maxUnits, partitions, retentionHours } = eventHubs;
  const tier = tiers[sku];
  const problems: Problem[] = [];
  const refuse = (name: string, message: string) => problems.push({ key: `headrace:eventHubs.${name}`, message });
  if (tier.units && !tier.units.some((one) => one === units))
    refuse("units", `write ${tier.units.join(", ")} processing units for ${sku}`);
  if (partitions > tier.partitions) refuse("partitions", `write 1 to ${tier.partitions} for ${sku}`);
  const held = Math.floor((app.memoryMb * MESSAGE_SHARE) / MESSAGE_MB);
  if (partitions > held)
    refuse("partitions", `write ${held} at most, or more for headrace:app.memoryMb: one instance may own them all`);
  if (retentionHours > tier.hours) refuse("retentionHours", `write 1 to ${tier.hours} hours for ${sku}`);
  if (maxUnits !== undefined && sku === "Premium") refuse("maxUnits", "Premium adds no units by itself: take it out");
  if (maxUnits !== undefined && maxUnits < units) refuse("maxUnits", `write ${units} or more, as units is ${units}`);
  const names = Object.keys(containers);
  const strangers = Object.keys(cosmos.dedicatedMaxRu).filter((name) => !names.includes(name));
  return [
    ...problems,
    ...strangers.map((name) => ({
      key: `headrace:cosmos.dedicatedMaxRu.${name}`,
      message: `there is no such container: write one of ${names.join(", ")}`,
    })),
  ];
}
