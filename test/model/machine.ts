import type { Random } from "../../local/launcher/faults/random.ts";
import type { Move } from "../../shared/ledger/adjustment.ts";
import type { Slot } from "../../shared/ledger/ledger-store.ts";
import type { OutcomeName } from "../../shared/ledger/outcome-counts.ts";
import type { QueuedMessage } from "../support/memory-work-queue.ts";
import type { HostRules } from "./host-rules.ts";
import type { Traffic } from "./make-traffic.ts";
import type { Process, Scheduler } from "./scheduler.ts";
import type { Ports, World } from "./world.ts";

/** What becomes of settled events, and of the ledger itself. By a sequence of its own, so that other seeds stay. */
export interface Later {
  readonly random: Random;
  readonly adjusting: boolean;
  readonly disaster: "failover" | "restore" | "damage" | undefined;
  /** What is to become of events, by org, receipt and index: each in this order. */
  readonly intents: Map<string, Intent>;
  /** How often the ledger was set back. */
  setBack: number;
  /** The slot that was damaged. */
  struck: Slot | undefined;
  /** The org whose ledger was damaged so that no reader can know it. */
  blind: string | undefined;
}

export interface Intent {
  readonly orgId: string;
  readonly moves: readonly Move[];
  /** What its event was when its receipt was settled. */
  readonly from: OutcomeName;
  done: boolean;
}

/** What becomes of events in quarantine, by the product's own code. */
export interface Acts {
  readonly random: Random;
  readonly used: boolean;
  /** Whether nothing is left in quarantine in the end. */
  readonly sweeping: boolean;
  /** Ids of the lines in the audit trail, by what they tell of: of what was discarded, and of what was replayed. */
  readonly lines: Map<string, Set<string>>;
  readonly replays: Map<string, Set<string>>;
}

/** Everything of one run. */
export interface Machine extends Traffic {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly portsOf: (process: Process) => Ports;
  /** Of an instance of this release. */
  readonly ownPortsOf: (process: Process) => Ports;
  readonly later: Later;
  readonly acts: Acts;
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
