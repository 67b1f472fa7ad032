import { closeSync, openSync, writeSync } from "node:fs";

/** A log that loses lines rather than to end who writes it. */
export interface LogFile {
  /** For the child's own stderr; `ignore` when it cannot be opened. */
  readonly target: number | "ignore";
  write(line: string): void;
  close(): void;
}

/** Opens a file, readable by its owner only, to add to it. `onLost` is called for each line that cannot be written. */
export function openLogFile(path: string, onLost: (reason: string) => void): LogFile {
  const lose = (error: unknown): void => onLost((error as NodeJS.ErrnoException).code ?? String(error));
  let file: number | undefined;
  try {
    file = openSync(path, "a", 0o600);
  } catch (error) {
    lose(error);
  }
  return {
    target: file ?? "ignore",
    write: (line) => {
      try {
        if (file !== undefined) writeSync(file, `${line}\n`);
      } catch (error) {
        lose(error);
      }
    },
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
