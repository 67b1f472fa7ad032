import process from "node:process";
import type { LogLevel } from "./core-types.ts";

export interface LogEntry {
  readonly level: LogLevel;
  /** `Host`, `Function.<name>`, `Function.<name>.User`: what host.json's `logging.logLevel` selects by. */
  readonly category: string;
  readonly functionName?: string;
  readonly invocationId?: string;
  readonly message: string;
}

export type LogSink = (entry: LogEntry) => void;

const SEVERITY: Readonly<Record<string, number>> = {
  trace: 0,
  debug: 1,
  information: 2,
  warning: 3,
  error: 4,
  critical: 5,
  none: 6,
};

function severityOf(level: string): number {
  return SEVERITY[level.toLowerCase()] ?? 2;
}

export function isLogLevel(level: string): boolean {
  return level.toLowerCase() in SEVERITY;
}

/** One line an entry on stderr: time, level, function, invocation id, message. */
export function writeToStderr(entry: LogEntry): void {
  const message = entry.message.replaceAll("\n", "\n  ");
  const who = `${entry.functionName ?? "-"} ${entry.invocationId ?? "-"}`;
  process.stderr.write(`${new Date().toISOString()} ${entry.level.padEnd(11)} ${who} ${message}\n`);
}

/**
 * Passes on the lines that `logging.logLevel` of host.json lets through. The longest category prefix wins; `default` is
 * the last.
 */
export function filterByLevel(sink: LogSink, levels: Readonly<Record<string, string>>): LogSink {
  const prefixes = Object.keys(levels).sort((a, b) => b.length - a.length);
  const thresholds = new Map<string, number>();
  const thresholdOf = (category: string): number => {
    const known = thresholds.get(category);
    if (known !== undefined) return known;
    const prefix = prefixes.find((p) => category === p || category.startsWith(`${p}.`));
    const threshold = severityOf((prefix === undefined ? levels.default : levels[prefix]) ?? "information");
    thresholds.set(category, threshold);
    return threshold;
  };
  return (entry) => {
    if (severityOf(entry.level) >= thresholdOf(entry.category)) sink(entry);
  };
}
