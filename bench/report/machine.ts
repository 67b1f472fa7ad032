import os from "node:os";
import process from "node:process";
import { round3 } from "../figures/statistics.ts";

/** The facts of the machine that a reader needs to judge the numbers. No names and no paths. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a processor over the last minute, before the benchmark began: near 0 on a quiet machine. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    processor: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 1e9),
    system: `${os.type()} ${os.release().split("-")[0]} ${os.arch()}`,
    node: process.version,
    loadBefore: round3(os.loadavg()[0] ?? 0),
  };
}
