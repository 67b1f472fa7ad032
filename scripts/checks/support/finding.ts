import process from "node:process";

/** A fault that a check found, told so that the reader need not know the check. */
export interface Finding {
  readonly path: string;
  /** From 1; undefined: the file as a whole. */
  readonly line?: number | undefined;
  readonly what: string;
  /** The next step. */
  readonly next: string;
}

export function describeFinding({ path, line, what, next }: Finding): string {
  return `${line === undefined ? path : `${path}:${line}`}: ${what}\n    ${next}\n`;
}

/** Prints the findings; then the process ends with exit code 1. */
export function reportFindings(findings: readonly Finding[]): void {
  for (const finding of findings) process.stdout.write(describeFinding(finding));
  if (findings.length > 0) process.exitCode = 1;
}
