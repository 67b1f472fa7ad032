import type { Random } from "../../local/launcher/faults/random.ts";
import type { QueuedMessage } from "../support/memory-work-queue.ts";
import type { HostRules } from "./host-rules.ts";
import type { Traffic } from "./make-traffic.ts";
import type { Process, Scheduler } from "./scheduler.ts";
import type { Ports, World } from "./world.ts";

/** Everything of one run. */
export interface Machine extends Traffic {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly portsOf: (process: Process) => Ports;
  /**
   * Whether events expire on the way. Then one delivery is worked on at a time: it is not defined what two at once may
   * say of an event that expires between their looks.
   */
  readonly expiring: boolean;
  readonly sealedBytes: number;
  readonly rules: HostRules;
  /** Whether hosts of an older release run beside those of this one, until the calm. */
  readonly updating: boolean;
  /** Steps so far. */
  step: number;
  /** The step up to which a message is hidden. */
  readonly hiddenUntil: Map<QueuedMessage, number>;
  /** The process that works on a message of the queue, or did last. */
  readonly workers: Map<QueuedMessage, Process>;
  /** How far the hub is dispatched. */
  checkpoint: number;
  dispatching: boolean;
}
