import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { cleanEnvironment, findCommand } from "./start-product.ts";

/** The output of a command line, and how it ended. */
export interface RecordedCommand {
  readonly command: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const names = ["start", "org", "send", "account", "audit", "state", "rotate", "emulator"];

/** None of them starts or changes anything. */
const commandLines: readonly (readonly string[])[] = [
  [],
  ["--help"],
  ["-h"],
  ["--version"],
  ["nothing"],
  ...names.flatMap((name) => [
    [name, "--help"],
    [name, "--nothing"],
  ]),
  ["start", "--port", "x"],
  ["start", "--access", "x"],
  ["start", "--chaos", "x"],
  ["org"],
  ["org", "create"],
  ["send"],
  ["rotate"],
  ["emulator"],
  ["emulator", "nothing"],
];

/** Runs the command lines of the list with the `headrace` of a checkout, one after the other. */
export async function runCommands(productDir: string): Promise<RecordedCommand[]> {
  const [node, script] = findCommand(productDir);
  const records: RecordedCommand[] = [];
  for (const args of commandLines) {
    const child = spawn(node, [script, ...args], {
      cwd: productDir,
      env: cleanEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number]>,
    ]);
    const hide = (output: string): string => output.replaceAll(productDir, "<product>");
    records.push({ command: ["headrace", ...args].join(" "), exitCode, stdout: hide(stdout), stderr: hide(stderr) });
  }
  return records;
}
