import process from "node:process";
import packageJson from "../../package.json" with { type: "json" };
import { runCommand, UsageError } from "./command.ts";

type Run = (args: string[]) => Promise<number>;

/** Each is loaded when it is asked for: `org list` needs none of what `start` does. */
const commands: Readonly<Record<string, () => Promise<Run>>> = {
  start: async () => (await import("./start.ts")).runStart,
  org: async () => (await import("./org.ts")).runOrg,
  send: async () => (await import("./send.ts")).runSend,
  audit: async () => (await import("./audit.ts")).runAudit,
  state: async () => (await import("./state.ts")).runState,
  rotate: async () => (await import("./rotate.ts")).runRotate,
  emulator: async () => (await import("./emulator.ts")).runEmulator,
};

const help = `Usage: npx headrace COMMAND [FLAGS]

  start          runs Headrace on this machine, until Ctrl-C
  org            makes, lists, suspends and resumes orgs
  send           sends a file of events and counts what became of each
  audit          proves the account of the Headrace that runs on this machine
  state          the versions of its secrets, and what waits in its pipeline
  rotate         rotates a secret now; after a leak without overlap
  emulator       runs one emulator alone: cosmos, event-hubs or key-vault

\`npx headrace COMMAND --help\` says more.
Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 Ctrl-C while sending.
`;

const [name = "", ...args] = process.argv.slice(2);

async function runHeadrace(): Promise<number> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load) return (await load())(args);
  if (name === "--version") process.stdout.write(`${packageJson.version}\n`);
  else if (name === "--help" || name === "-h" || name === "help") process.stdout.write(help);
  else throw new UsageError(name === "" ? `Say what to do.\n\n${help}` : `There is no command "${name}".\n\n${help}`);
  return 0;
}

await runCommand(Object.hasOwn(commands, name) ? `headrace ${name}` : "headrace", runHeadrace);
