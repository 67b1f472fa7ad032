import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Row } from "./rows.ts";

const exec = promisify(execFile);

/** What SPIN found: whether an assertion failed, and how much it searched. */
export interface Search {
  readonly is: "holds" | "counterexample" | "unfinished";
  readonly states: number;
  readonly depth: number;
  readonly seconds: number;
  /** The output of the search, for people. */
  readonly output: string;
}

/** Steps in a row: more than any of the models has. */
const MOST_DEEP = 100_000;
const MEGABYTES = 2_000;

/** Searches all states of a row's model. Throws when SPIN or the compiler is missing, or refuses the model. */
export async function search({ model, defines }: Row): Promise<Search> {
  const dir = await mkdtemp(join(tmpdir(), "headrace-spec-"));
  const began = performance.now();
  try {
    const flags = defines.map((name) => `-D${name}`);
    await exec("spin", [...flags, "-a", join(import.meta.dirname, `${model}.pml`)], { cwd: dir });
    const compiler = ["-O1", "-w", "-DSAFETY", `-DMEMLIM=${MEGABYTES}`, "-o", "pan", "pan.c"];
    await exec("gcc", compiler, { cwd: dir });
    const { stdout } = await exec("./pan", [`-m${MOST_DEEP}`, "-w22", "-n"], { cwd: dir, maxBuffer: 2 ** 24 });
    return { ...readOutput(stdout), seconds: (performance.now() - began) / 1000 };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** As `pan` prints it: `State-vector 92 byte, depth reached 187, errors: 0`, and `   4711 states, stored`. */
export function readOutput(output: string): Omit<Search, "seconds"> {
  const [, depth = "0", errors] = /depth reached (\d+), errors: (\d+)/.exec(output) ?? [];
  const [, states = "0"] = /^\s*([\d.e+]+) states, stored/m.exec(output) ?? [];
  const failed = /pan:\d+: (assertion violated|invalid end state)/.test(output);
  const whole = errors === "0" && !/Search not completed|max search depth too small|out of memory/.test(output);
  const is = failed ? "counterexample" : whole ? "holds" : "unfinished";
  return { is, states: Number(states), depth: Number(depth), output };
}
