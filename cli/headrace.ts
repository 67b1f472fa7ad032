import process from "node:process";
import packageJson from "../package.json" with { type: "json" };
import { type Command, runCommand, UsageError } from "./command.ts";

/** Each is loaded on demand: `org list` does not need the modules of `start`. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import("./start.ts")).start,
  org: async () => (await import("./org.ts")).org,
  send: async () => (await import("./send.ts")).send,
  listen: async () => (await import("./listen.ts")).listen,
  contracts: async () => (await import("./contracts.ts")).contracts,
  account: async () => (await import("./account.ts")).account,
  state: async () => (await import("./state.ts")).state,
  quarantine: async () => (await import("./quarantine.ts")).quarantine,
  rotate: async () => (await import("./rotate.ts")).rotate,
  emulator: async () => (await import("./emulator.ts")).emulator,
};

const help = `Usage: npx headrace COMMAND [FLAGS]

  start          runs Headrace on this machine, until Ctrl-C
  org            makes, lists, suspends and resumes orgs
  send           sends a file of events and counts what became of each
  listen         stands between an SDK and Headrace, and shows what becomes of each request
  contracts      keeps the schemas of events as files: check, push, pull, types for TypeScript, drafts from events
  account        proves the account of the Headrace that runs on this machine
  state          the versions of its secrets, what waits in its pipeline, and its timers
  quarantine     what could not be read and belongs to no org: lists it, shows it, gives it up
  rotate         rotates a secret now; after a leak without overlap
  emulator       runs one emulator alone: cosmos, event-hubs or key-vault

\`npx headrace COMMAND --help\` says more.
Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 Ctrl-C while sending.
`;

const [name = "", ...args] = process.argv.slice(2);

const isHelp = (arg: string): boolean => arg === "--help" || arg === "-h";

async function runHeadrace(): Promise<number> {
  const command = Object.hasOwn(commands, name) ? await commands[name]?.() : undefined;
  if (command && !args.some(isHelp)) return command.run(args);
  if (command) process.stdout.write(command.help);
  else if (isHelp(name)) process.stdout.write(help);
  else if (name === "--version") process.stdout.write(`${packageJson.version}\n`);
  else throw new UsageError(name === "" ? `Say what to do.\n\n${help}` : `There is no command "${name}".\n\n${help}`);
  return 0;
}

await runCommand(Object.hasOwn(commands, name) ? `headrace ${name}` : "headrace", runHeadrace);
