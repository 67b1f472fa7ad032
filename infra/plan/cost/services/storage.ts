import { assumed } from "../assumptions.ts";
import { type Charge, chargesOf, type Quantities } from "../charge.ts";
import type { Group } from "../groups.ts";
import { numberAt, ofType, type Planned, textAt, valueAt } from "../planned.ts";
import type { Stack } from "../stack.ts";
import { GB, monthly } from "../units.ts";

/** The deployed package, leases and checkpoints: never more than this. */
const OWN_GB = 1;
/** While nothing comes, an instance asks the queue again after 250 ms (`maxPollingInterval` of host.json). */
const IDLE_POLLS = 4;
const SECONDS_OF_A_DAY = 24 * 3_600;

/**
 * Checkpoints and leases are "other" operations, as setting metadata is; listing is priced as writing
 * (articles/storage/blobs/map-rest-apis-transaction-categories.md, 2025-05-14).
 */
export function chargeStorage(stack: Stack): Charge[] {
  const { planned } = stack;
  const queues = ofType(planned, "storage:Queue").map((queue) => valueAt(queue, "accountName"));
  const captures = ofType(planned, "eventhub:EventHub").map((hub) =>
    textAt(hub, "captureDescription.destination.storageAccountResourceId"),
  );
  return ofType(planned, "storage:StorageAccount").flatMap((account) => {
    const name = textAt(account, "accountName");
    if (queues.includes(name)) return chargesOf(account, ofTheApp(account, stack));
    const isCaptures = captures.some((id) => id.endsWith(`/${name}`));
    return chargesOf(account, isCaptures ? ofCaptures(account, stack) : ofBlobs(account, { writes: 0, gb: OWN_GB }));
  });
}

function ofTheApp(account: Planned, { planned, flow, groups, awake }: Stack): Quantities {
  const dispatchers = groupOf(groups, "function:dispatch").awake > 0 ? partitionsOf(planned) : 0;
  const claims = dispatchers / assumed("ownershipSeconds");
  const lists = Math.sign(dispatchers) / assumed("ownershipSeconds");
  const polls = idlePolls(groups) + ofType(planned, "storage:Queue").length * assumed("scalePolls");
  const other = flow.blobOperations + claims + awake * assumed("hostBlobOperations");
  return {
    queueOperations: monthly(flow.queueOperations + polls) / 10_000,
    blobOther: monthly(other) / 10_000,
    ...ofBlobs(account, { writes: monthly(lists), gb: OWN_GB }),
  };
}

/** Of an instance that never sleeps and has nothing to do; the polls under load are among those that were measured. */
function idlePolls(groups: readonly Group[]): number {
  return ["function:persist", "function:persist-bulk", "function:do-job"]
    .map((name) => groupOf(groups, name))
    .reduce((polls, { busy, ready }) => polls + Math.max(0, ready - busy) * IDLE_POLLS, 0);
}

function groupOf(groups: readonly Group[], name: string): Group {
  return groups.find((group) => group.name === name) ?? { name, runs: 0, busy: 0, ready: 0, awake: 0 };
}

function partitionsOf(planned: readonly Planned[]): number {
  return ofType(planned, "eventhub:EventHub").reduce((sum, hub) => sum + numberAt(hub, "partitionCount"), 0);
}

/** A file for each partition and interval that anything came in; full files are far apart at this size. */
function ofCaptures(account: Planned, { planned, flow }: Stack): Quantities {
  const days = ofType(planned, "storage:ManagementPolicy").map((policy) =>
    Number(valueAt(policy, "policy.rules.0.definition.actions.baseBlob.delete.daysAfterModificationGreaterThan") ?? 30),
  );
  const files = ofType(planned, "eventhub:EventHub").reduce((sum, hub) => {
    return sum + numberAt(hub, "partitionCount") / numberAt(hub, "captureDescription.intervalInSeconds");
  }, 0);
  const gb = (flow.hubBytes * SECONDS_OF_A_DAY * Math.max(0, ...days)) / GB;
  return ofBlobs(account, { writes: flow.hubMessages > 0 ? monthly(files) : 0, gb });
}

function ofBlobs(account: Planned, { writes, gb }: { readonly writes: number; readonly gb: number }): Quantities {
  const inZones = textAt(account, "sku.name") === "Standard_ZRS";
  return inZones
    ? { blobWritesZrs: writes / 10_000, blobDataZrs: gb }
    : { blobWritesLrs: writes / 10_000, blobDataLrs: gb };
}
