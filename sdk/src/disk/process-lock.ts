import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** How often a holder shows that it is there, and how long it may show nothing. No clock of another is asked. */
const BEAT_MS = 2_000;
const SILENT_MS = 15_000;
const ASK_MS = 50;

/** A lock between the processes of a machine, which outlives none of them. */
export interface ProcessLock {
  /** Waits until it is this holder's. False once `isOver`. Rejects where files cannot be made. */
  acquire(isOver: () => boolean): Promise<boolean>;
  /** Whether it still is: a process that stood still for long has lost it. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

export function createProcessLock(folder: string): ProcessLock {
  const path = join(folder, "lock");
  const own = JSON.stringify({ pid: process.pid, host: hostname(), token: randomUUID() });
  let beat: NodeJS.Timeout | undefined;

  const read = (): Promise<string> => readFile(path, "utf8").catch(() => "");
  const tryToMake = async (): Promise<boolean> => {
    try {
      await writeFile(path, own, { flag: "wx", mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  };
  /** Takes a dead holder's lock away; somebody else's who was quicker is put back. */
  const breakLock = async (seen: string): Promise<void> => {
    const aside = `${path}.${randomUUID().slice(0, 8)}`;
    await rename(path, aside).catch(() => undefined);
    const found = await readFile(aside, "utf8").catch(() => seen);
    if (found !== seen) await writeFile(path, found, { flag: "wx" }).catch(() => undefined);
    await rm(aside, { force: true });
  };

  return {
    isHeld: async () => (await read()) === own,
    acquire: async (isOver) => {
      let [last, since] = ["", performance.now()];
      while (!isOver()) {
        if (await tryToMake()) {
          beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), BEAT_MS).unref();
          return true;
        }
        const [content, at] = await Promise.all([
          read(),
          stat(path).then(
            ({ mtimeMs }) => mtimeMs,
            () => 0,
          ),
        ]);
        const now = `${at} ${content}`;
        if (now !== last) [last, since] = [now, performance.now()];
        if (at !== 0 && (isDead(content) || performance.now() - since > SILENT_MS)) await breakLock(content);
        else await sleep(ASK_MS * (0.5 + Math.random()));
      }
      return false;
    },
    release: async () => {
      clearInterval(beat);
      if ((await read()) === own) await rm(path, { force: true });
    },
  };
}

/** For certain: the number of a process says nothing of another machine, and may be another's by now. */
function isDead(holder: string): boolean {
  try {
    const { pid, host } = JSON.parse(holder) as { pid: number; host: string };
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
