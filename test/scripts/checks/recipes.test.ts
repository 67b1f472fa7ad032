import { describe, expect, it } from "vitest";
import { findHalfContainers } from "../../../scripts/checks/containers.ts";
import { findWithoutFloor } from "../../../scripts/checks/floors.ts";
import { findUnknownScripts } from "../../../scripts/checks/npm-scripts.ts";
import { findHalfSettings } from "../../../scripts/checks/settings.ts";
import { describeFinding } from "../../../scripts/checks/support/finding.ts";

describe("a recipe half followed gets one message that names the file and the next step", () => {
  const config = {
    path: "shared/config.ts",
    text: "\nexport const settings = { HEADRACE_A: z.string(),\n  HEADRACE_B: z.string() };\nuse(value.HEADRACE_A);\n",
  };

  it("a setting without a description", () => {
    const found = findHalfSettings({ HEADRACE_A: undefined }, config);
    expect(found.map(describeFinding)).toEqual([
      'shared/config.ts:2: the setting HEADRACE_A has no description\n    Add .describe("…") to it, with the unit, then `npm run docs`.\n',
    ]);
  });

  it("a setting that has no effect", () => {
    const found = findHalfSettings({ HEADRACE_A: "what it is", HEADRACE_B: "what it is" }, config);
    expect(found.map(describeFinding)).toEqual([
      "shared/config.ts:3: the setting HEADRACE_B is read and not handed on\n    Hand it on in toConfig(), as a field of Config, or take it out.\n",
    ]);
  });

  const events = { id: "events", partitionKey: ["/org_id", "/id"], indexedPaths: [], compositeIndexes: [] };
  const row = "| `events` (`/org_id`, `/id`) | event |\n";

  it("a container that the page of documents does not name", () => {
    const found = findHalfContainers([events, { ...events, id: "replays" }], row);
    expect(found.map(describeFinding)).toEqual([
      'docs/ARCHITECTURE.md: the container "replays" of shared/store/containers.ts is not named\n    Add a row to the table of documents for each kind that it holds.\n',
    ]);
  });

  it("a container that only the page has, or with another partition key", () => {
    const found = findHalfContainers([events], "| `events` (`/id`) | event |\n| `replays` (`/org_id`) | a replay |\n");
    expect(found.map(describeFinding)).toEqual([
      'docs/ARCHITECTURE.md:1: the partition key of "events" is `/org_id`, `/id`\n    Write it so.\n',
      'docs/ARCHITECTURE.md:2: the container "replays" is not defined\n    Define it in shared/store/containers.ts, or take the row out.\n',
    ]);
    expect(findHalfContainers([events], row)).toEqual([]);
  });

  it("a folder or file of shared/ without a floor, or with two", () => {
    const files = ["shared/config.ts", "shared/replay/replay-events.ts", "shared/query/page.ts", "shared/notes.md"];
    const found = findWithoutFloor("shared", [["erasure"], ["query"], ["query", "config.ts"]], files);
    expect(found.map(describeFinding)).toEqual([
      'shared/replay: it has no floor\n    Put it into shared/floors.json under "shared": above all that it imports, below all that imports it.\n',
      'shared/floors.json: "query" is on two floors\n    Take the upper one out.\n',
    ]);
  });

  it("a script that no page names", () => {
    const docs = [{ path: "README.md", text: "`npm run model`, `npm test`, and `org` likewise; fuzz" }];
    const found = findUnknownScripts(["model", "test", "org", "fuzz"], docs);
    expect(found.map(describeFinding)).toEqual([
      'package.json: no page names the script "fuzz"\n    Say in README.md or docs/ what `npm run fuzz` is for, or take it out.\n',
    ]);
  });
});
