import { readFileSync } from "node:fs";

/**
 * Linux shows processor time in /proc in hundredths of a second, whatever the kernel's own clock (proc(5), sysconf(3)).
 */
const TICK_MS = 10;

/** Milliseconds that a process has been on a processor, all threads, user and kernel. Throws when it is gone. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in brackets may hold spaces: what follows it begins with field 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The largest resident size that a process has had, in bytes. */
export function peakBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** Processor time in ms of each named process since the call. */
export function startCpuClock(pids: Readonly<Record<string, number>>): () => Record<string, number> {
  const before = Object.entries(pids).map(([name, pid]) => [name, pid, cpuMsOf(pid)] as const);
  return () => Object.fromEntries(before.map(([name, pid, ms]) => [name, cpuMsOf(pid) - ms]));
}
