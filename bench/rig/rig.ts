import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { bundleApp } from "../../scripts/bundle.ts";
import { type LoadProcess, startLoad } from "../load/load-process.ts";

/** The parts that every figure needs: the product's bundle, the load, a folder for files, and an end to all of it. */
export interface Rig {
  /** The product as it is deployed. */
  readonly bundleDir: string;
  readonly load: LoadProcess;
  /** A new, empty folder. */
  makeDir(): string;
  /** Is run when the figure is done, or has failed; the last one first. */
  onClose(end: () => Promise<void> | void): void;
  /** Milliseconds and numbers of events of a figure, as the flags scale them. */
  scale(amount: number): number;
  /** A few events only, to see whether the harness works. */
  readonly quick: boolean;
  say(line: string): void;
}

/** Builds the bundle, starts the load, runs a figure with them and ends everything that it started. */
export async function withRig<T>(
  options: Pick<Rig, "quick" | "scale" | "say">,
  measure: (rig: Rig) => Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), "headrace-bench-"));
  const ends: (() => Promise<void> | void)[] = [() => rmSync(root, { recursive: true, force: true })];
  const endAll = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  // A stopped process (SIGSTOP) would not notice that this process is gone, and would stay.
  const interrupt = (): void => void endAll().finally(() => process.exit(130));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const bundleDir = join(root, "bundle");
    await bundleApp({ entry: "functions/index.ts", outDir: bundleDir });
    const load = await startLoad();
    ends.push(() => load.close());
    return await measure({
      ...options,
      bundleDir,
      load,
      makeDir: () => mkdtempSync(join(root, "state-")),
      onClose: (end) => ends.push(end),
    });
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await endAll();
  }
}
