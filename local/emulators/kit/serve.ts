import process from "node:process";

/** What a local service tells its parent once it accepts connections, and how it ends. */
export interface Served {
  /** Printed as one JSON line on stdout: endpoints, connection strings. */
  readonly ready: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/**
 * How long an orphan may take to end: less than the next start on the same folder waits for it. An orphan waits in vain
 * only for other services, which ended with the same parent.
 */
const ORPHAN_GRACE_MS = 10_000;

/** What a service tells its parent over the IPC channel when it cannot write its log, such as on a full disk. */
export interface LogLost {
  /** The reason: `ENOSPC`. */
  readonly logLost: string;
}

/** A line that cannot be written is lost, and nothing else. The parent hears of the first one. */
export function outliveLostLogs(): void {
  let told = false;
  const lose = (error: NodeJS.ErrnoException): void => {
    if (told || !process.connected) return;
    told = true;
    process.send?.({ logLost: error.code ?? error.message } satisfies LogLost);
  };
  process.stderr.on("error", lose);
  process.stdout.on("error", lose);
}

/**
 * Runs a local service as a process of its own: one JSON line on stdout when it is ready, everything else on stderr. It
 * ends gracefully on SIGINT, SIGTERM or when the parent goes away (IPC channel closed), so that no orphan keeps a port.
 */
export async function serve(name: string, start: () => Promise<Served>): Promise<void> {
  outliveLostLogs();
  let orphaned = false;
  // The parent may be gone before the start is through.
  process.once("disconnect", () => {
    orphaned = true;
  });
  let served: Served;
  try {
    served = await start();
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    served.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${name}: stopped with ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const stopOrphan = (): void => {
    // Nobody is left to kill it.
    setTimeout(() => process.exit(1), ORPHAN_GRACE_MS).unref();
    if (!stopping) stop();
  };
  if (orphaned) stopOrphan();
  else if (process.channel) process.on("disconnect", stopOrphan);
  process.stdout.write(`${JSON.stringify(served.ready)}\n`);
}
