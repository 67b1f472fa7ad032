import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { type Finding, reportFindings } from "./support/finding.ts";
import { readPage } from "./support/markdown.ts";
import { readDocs, type TextFile } from "./support/project.ts";

/** A command line on a page. */
export interface NamedCommand {
  readonly path: string;
  readonly line: number;
  /** As it is typed: `npx headrace send`, `npm run chaos`. */
  readonly command: string;
  /** The text that follows it, up to the end of the command line. */
  readonly rest: string;
}

const commands = /(?<command>npx headrace [a-z][a-z-]*|npm run [\w:-]+|npm (?:start|test))(?<rest>[^&|;#`]*)/g;

/** `npx headrace X`, `npm run X`, `npm start` and `npm test` in the code of pages. */
export function findCommands(docs: readonly TextFile[]): NamedCommand[] {
  return docs.flatMap(({ path, text }) => {
    const { spans, fenced } = readPage(text);
    return [...spans, ...fenced].flatMap(({ text: code, line }) =>
      [...code.matchAll(commands)].map(({ groups: { command = "", rest = "" } = {} }) => ({
        path,
        line,
        command,
        rest,
      })),
    );
  });
}

/** Pages with a fence too many or too few, in which commands cannot be told from prose. */
export function findUnclosed(docs: readonly TextFile[]): Finding[] {
  return docs.flatMap(({ path, text }) => {
    const { unclosed: line } = readPage(text);
    if (line === undefined) return [];
    return [{ path, line, what: "code is not closed, from here or from before", next: "Give each fence a line." }];
  });
}

/** A command's answer to `--help`, or why there is none. */
export interface Help {
  readonly isHelp: boolean;
  readonly text: string;
}

/** `helps` has the existing commands. */
export function findWrongCommands(named: readonly NamedCommand[], helps: Readonly<Record<string, Help>>): Finding[] {
  return named.flatMap(({ path, line, command, rest }) => {
    const { isHelp, text: help } = helps[command] ?? {};
    if (help === undefined)
      return [{ path, line, what: `there is no command \`${command}\``, next: "Name the one that took its place." }];
    if (!isHelp) return [{ path, line, what: `\`${command}\` has no \`--help\``, next: `Mend it. It said: ${help}` }];
    const unknown = wordsOfCommand(command, rest).filter((word) => !mentions(help, word));
    return unknown.map((word) => ({
      path,
      line,
      what: `\`${command}\` has no "${word}"`,
      next: `Its help says what it has: \`${command}${command.startsWith("npm") ? " --" : ""} --help\`.`,
    }));
  });
}

/** The flags, and of `npx headrace org create NAME` the verb. */
function wordsOfCommand(command: string, rest: string): string[] {
  const [, verb] = command.startsWith("npx") ? (/^ ([a-z][a-z-]*)(?= |$)/.exec(rest) ?? []) : [];
  const flags = rest.match(/(?<=\s)--[a-z][a-z-]*/g) ?? [];
  return [...(verb === undefined ? [] : [verb]), ...flags.filter((flag) => flag !== "--help")];
}

function mentions(help: string, word: string): boolean {
  return help.split(/[^\w-]+/).includes(word);
}

/** Asks only for commands named with flags or a verb, and for subcommands, which nothing else lists. */
async function readHelps(
  named: readonly NamedCommand[],
  scripts: Readonly<Record<string, string>>,
): Promise<Record<string, Help>> {
  const withWords = named.filter(({ command, rest }) => wordsOfCommand(command, rest).length > 0);
  const asked = new Set(withWords.map(({ command }) => command));
  const each = [...new Set(named.map(({ command }) => command))];
  const helps = each.map(async (command) => {
    const line = lineOf(command, scripts);
    if (line === undefined) return [];
    if (!asked.has(command) && !command.startsWith("npx")) return [[command, { isHelp: true, text: "" }] as const];
    const help = await readHelp(line);
    return help === undefined ? [] : [[command, help] as const];
  });
  return Object.fromEntries((await Promise.all(helps)).flat());
}

/** The command that runs; undefined when there is no script of this name. */
function lineOf(command: string, scripts: Readonly<Record<string, string>>): string | undefined {
  const [, ours] = /^npx headrace (.+)$/.exec(command) ?? [];
  return ours === undefined ? scripts[command.replace(/^npm (run )?/, "")] : `node cli/headrace.cjs ${ours}`;
}

/** Undefined when there is no such command, which exit code 2 says. */
function readHelp(line: string): Promise<Help | undefined> {
  const [, ...args] = line.split(" ");
  return new Promise((resolve) => {
    execFile(process.execPath, [...args, "--help"], (error, stdout, stderr) => {
      if (error?.code === 2) resolve(undefined);
      else resolve({ isHelp: error === null, text: error === null ? stdout : stderr.trim() });
    });
  });
}

if (import.meta.main) {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const docs = readDocs();
  const named = findCommands(docs);
  reportFindings([...findUnclosed(docs), ...findWrongCommands(named, await readHelps(named, scripts))]);
}
