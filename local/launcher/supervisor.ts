import type { LogLost } from "@headrace/emulators/kit/serve.ts";
import {
  type Child,
  type ChildSpec,
  describeExit,
  describeLog,
  type ExitStatus,
  type Ready,
  spawnChild,
} from "./child.ts";
import type { FaultProfile } from "./faults/profiles.ts";
import { StackError } from "./stack-error.ts";
import { isUsageMessage, type Usage } from "./usage/usage-counter.ts";

export interface UnexpectedExit {
  readonly name: string;
  readonly status: ExitStatus;
  /** One paragraph for people: the service that ended, how it ended, and the end of its log. */
  readonly message: string;
}

/** Keeps the child processes of a stack by name. */
export interface Supervisor {
  /** Starts a child and waits until it is ready. `respec` makes the next start of it, once its real port is known. */
  start(spec: ChildSpec, respec?: (ready: Ready) => ChildSpec): Promise<Ready>;
  /** Sends a signal; for one that ends a process, waits until it is gone. The exit counts as expected. */
  kill(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Ends a child if it still runs and starts it again as it was, on the same port. */
  restart(name: string): Promise<Ready>;
  /**
   * Starts a child that ended by itself as it was, and waits until it is ready. `left`: somebody told it to end, or
   * started it, meanwhile. Otherwise how it ended again before it was ready.
   */
  revive(name: string): Promise<"up" | "left" | UnexpectedExit>;
  /** From now on no child starts, whichever caller is about to start one. */
  close(): void;
  /** Ends some children, side by side, by SIGTERM; those that are still there after the grace time, by SIGKILL. */
  stop(names: readonly string[], graceMs: number): Promise<void>;
  /** Sets the faults of a service, now and after each restart; see local/launcher/faults. */
  setFaults(name: string, profile: FaultProfile): void;
  /** Tells children something, and each later start of them by its environment. Default: every child. Gives them. */
  inform(message: object, env: Readonly<Record<string, string>>, names?: readonly string[]): readonly Child[];
  /** How often each fault was injected, by service and kind, over all lives of the services. */
  faultCounts(): Record<string, number>;
  /** The counts of one of our emulators since it started; see local/launcher/usage. Rejects when it does not run. */
  usage(name: string): Promise<Usage>;
  pids(): Record<string, number>;
  names(): string[];
}

interface Entry {
  child: Child;
  spec: ChildSpec;
  expected: boolean;
}

function isFaultCounts(message: unknown): message is { faultCounts: Readonly<Record<string, number>> } {
  return typeof message === "object" && message !== null && "faultCounts" in message;
}

function isLogLost(message: unknown): message is LogLost {
  return typeof message === "object" && message !== null && "logLost" in message;
}

function describeEnd(spec: ChildSpec, status: ExitStatus): UnexpectedExit {
  const message = `${spec.name} ended unexpectedly: ${describeExit(status)}.${describeLog(spec)}`;
  return { name: spec.name, status, message };
}

const notEnding = new Set<NodeJS.Signals>(["SIGSTOP", "SIGCONT", "SIGUSR1", "SIGUSR2", "SIGWINCH"]);

/** The events of a stack that nobody asked for. */
export interface SupervisorEvents {
  readonly onUnexpectedExit: (exit: UnexpectedExit) => void;
  /** Called each time that a child's log could not be written, with the file and the reason, such as `ENOSPC`. */
  readonly onLogLost: (file: string, reason: string) => void;
}

export function createSupervisor({ onUnexpectedExit, onLogLost }: SupervisorEvents): Supervisor {
  const entries = new Map<string, Entry>();
  const faults = new Map<string, FaultProfile>();
  /** The fault counts of every process that ever ran. */
  const lives: { readonly name: string; counts: Readonly<Record<string, number>> }[] = [];
  /** In the order in which they were told. */
  const news: { readonly env: Readonly<Record<string, string>>; readonly names: readonly string[] | undefined }[] = [];
  const questions = new Map<number, (usage: Usage) => void>();
  let asked = 0;
  let closed = false;

  function find(name: string): Entry {
    const entry = entries.get(name);
    if (!entry) throw new StackError(`No service is called "${name}". There are: ${[...entries.keys()].join(", ")}`);
    return entry;
  }

  async function start(spec: ChildSpec, respec?: (ready: Ready) => ChildSpec): Promise<Ready> {
    if (closed) throw new StackError(`${spec.name} is not started: everything is being stopped.`);
    const later = news.filter(({ names }) => names === undefined || names.includes(spec.name)).map(({ env }) => env);
    const loseLog = (reason: string): void => onLogLost(spec.logFile, reason);
    const child = spawnChild({ ...spec, env: Object.assign({}, spec.env, ...later) }, loseLog);
    const entry: Entry = { child, spec, expected: false };
    entries.set(spec.name, entry);
    const life = { name: spec.name, counts: {} };
    lives.push(life);
    child.onMessage((message) => {
      if (isFaultCounts(message)) life.counts = message.faultCounts;
      if (isLogLost(message)) loseLog(message.logLost);
      if (!isUsageMessage(message)) return;
      questions.get(message.usage)?.(message.counts);
      questions.delete(message.usage);
    });
    const ready = await child.ready;
    const profile = faults.get(spec.name);
    if (profile) child.tell({ faults: profile });
    entry.spec = respec?.(ready) ?? spec;
    void child.exited.then((status) => {
      if (!entry.expected) onUnexpectedExit(describeEnd(spec, status));
    });
    return ready;
  }

  async function revive(name: string): Promise<"up" | "left" | UnexpectedExit> {
    const { child, spec, expected } = find(name);
    if (closed || expected || !child.hasExited()) return "left";
    const started = start(spec);
    // Its own one, whoever starts another before it is ready.
    const entry = find(name);
    try {
      await started;
      return "up";
    } catch {
      const status = await entry.child.exited;
      return closed || entry.expected ? "left" : describeEnd(spec, status);
    }
  }

  async function kill(name: string, signal: NodeJS.Signals): Promise<void> {
    const { child } = find(name);
    if (notEnding.has(signal)) return child.signal(signal);
    find(name).expected = true;
    child.signal(signal);
    await child.exited;
  }

  async function stopOne(name: string, graceMs: number): Promise<void> {
    const entry = find(name);
    entry.expected = true;
    if (entry.child.hasExited()) return;
    entry.child.signal("SIGTERM");
    // A stopped process (SIGSTOP) would never see the SIGTERM.
    entry.child.signal("SIGCONT");
    const timer = setTimeout(() => entry.child.signal("SIGKILL"), graceMs);
    await entry.child.exited;
    clearTimeout(timer);
  }

  async function usage(name: string): Promise<Usage> {
    const { child } = find(name);
    const number = ++asked;
    const answer = new Promise<Usage>((resolve) => questions.set(number, resolve));
    child.tell({ usage: number });
    const ended = child.exited.then((): never => {
      throw new StackError(`${name} does not run, and cannot say what it has counted.`);
    });
    return Promise.race([answer, ended]);
  }

  async function restart(name: string): Promise<Ready> {
    await stopOne(name, 30_000);
    return start(find(name).spec);
  }

  return {
    start,
    kill,
    restart,
    revive,
    close: () => {
      closed = true;
    },
    stop: async (names, graceMs) => {
      await Promise.all(names.filter((name) => entries.has(name)).map((name) => stopOne(name, graceMs)));
    },
    setFaults: (name, profile) => {
      faults.set(name, profile);
      entries.get(name)?.child.tell({ faults: profile });
    },
    inform: (message, env, names) => {
      news.push({ env, names });
      const told = [...entries].filter(([name]) => names?.includes(name) ?? true).map(([, { child }]) => child);
      for (const child of told) child.tell(message);
      return told;
    },
    faultCounts: () => {
      const sums: Record<string, number> = {};
      for (const { name, counts } of lives) {
        for (const [kind, count] of Object.entries(counts)) {
          const key = `${name} ${kind}`;
          sums[key] = (sums[key] ?? 0) + count;
        }
      }
      return sums;
    },
    usage,
    pids: () => Object.fromEntries([...entries].map(([name, { child }]) => [name, child.pid])),
    names: () => [...entries.keys()],
  };
}
