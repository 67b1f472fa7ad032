import { describe, expect, it } from "vitest";
import { findCommands, findUnclosed, findWrongCommands } from "../../../scripts/checks/doc-commands.ts";

const help = (text: string) => ({ isHelp: true, text });
const helps = {
  "npx headrace org": help("Usage: npx headrace org create NAME | list\n\n  --json   for scripts\n"),
  "npm run chaos": help("  --seconds N   how long\n"),
  "npm start": help("  --fresh   forget what was there\n"),
  "npm test": help(""),
  "npm run broken": { isHelp: false, text: "Error: it cannot be loaded" },
};
const found = (text: string) =>
  findWrongCommands(findCommands([{ path: "README.md", text }]), helps).map(({ line, what }) => `${line}: ${what}`);

describe("the check of commands that pages name", () => {
  it.each([
    ["`npx headrace gone`", "there is no command `npx headrace gone`"],
    ["`npm run gone -- --seconds 1`", "there is no command `npm run gone`"],
    ["`npx headrace org destroy NAME`", '`npx headrace org` has no "destroy"'],
    ["`npx headrace org create acme --url X`", '`npx headrace org` has no "--url"'],
    ["`npm run chaos -- --second 1`", '`npm run chaos` has no "--second"'],
    ["`npm run broken -- --x`", "`npm run broken` has no `--help`"],
    ["```sh\nnpm install && npm start -- --fresher   # anew\n```", '`npm start` has no "--fresher"'],
  ])("finds a command that does not exist: %s", (text, what) => {
    const line = text.startsWith("```") ? 2 : 1;
    expect(found(text)).toEqual([`${line}: ${what}`]);
  });

  it.each([
    "`npx headrace org create acme --json`, `npx headrace org NAME`, `npx headrace COMMAND --help`",
    "`npm run chaos -- --seconds 3600`, `npm test`, `npm start -- --fresh`",
    "```\nnpm test && npx other --flag\nnpm start | grep --color x   # --colour\n```",
    "npm run gone, in prose",
  ])("lets pass existing commands, and others' commands: %s", (text) => {
    expect(found(text)).toEqual([]);
  });

  it("finds code whose closing fence has no line of its own", () => {
    const page = (text: string) => [{ path: "README.md", text }];
    expect(findUnclosed(page("```sh\nnpm test ```\n\nprose\n\n```\nnpm start\n```\n"))).toMatchObject([{ line: 8 }]);
    expect(findUnclosed(page("```sh\nnpm test\n```\n"))).toEqual([]);
  });

  it("says how to list the command's options", () => {
    const [finding] = findWrongCommands(findCommands([{ path: "README.md", text: "`npm start -- --x`" }]), helps);
    expect(finding?.next).toBe("Its help says what it has: `npm start -- --help`.");
  });
});
