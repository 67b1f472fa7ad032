import { attempt } from "./emitter.ts";
import type { ClientOptions, Diagnostic } from "./types.ts";

export type Diagnose = (diagnostic: Diagnostic) => void;

/** A warning is told once in the life of a client. */
export function createDiagnose({ onDiagnostic }: ClientOptions): Diagnose {
  const told = new Set<string>();
  return (diagnostic) => {
    if (diagnostic.kind === "warning") {
      if (told.has(diagnostic.code)) return;
      told.add(diagnostic.code);
      // biome-ignore lint/suspicious/noConsole: what nobody else is told of, a developer sees there.
      if (!onDiagnostic) console.warn(`[headrace] ${diagnostic.code}: ${diagnostic.message}`);
    }
    attempt(() => onDiagnostic?.(diagnostic));
  };
}
