import { describe, expect, it } from "vitest";
import { findWide } from "../../../scripts/checks/width.ts";

/** Text of a number of characters, in words. */
const words = (width: number): string =>
  "word "
    .repeat(Math.ceil(width / 5))
    .slice(0, width - 1)
    .concat("d");
const found = (path: string, text: string) => findWide([{ path, text }]).map(({ line, what }) => `${line}: ${what}`);
const wide = (line: number) => [`${line}: the line is 121 wide, 120 at most`];

describe("the check of widths", () => {
  it.each([
    ["a comment", "a.ts", `const a = 1;\n// ${words(118)}\n`, 2],
    ["a comment behind code", "a.ts", `const a = 1; // ${words(105)}\n`, 1],
    ["a line of a comment for docs", "a.ts", `/**\n * one\n * ${words(118)}\n */\nconst a = 1;\n`, 3],
    ["a comment on one line", "a.ts", `/** ${words(114)} */\nconst a = 1;\n`, 1],
    ["a comment behind two slashes in a text", "a.ts", `const a = "//"; // ${words(102)}\n`, 1],
    ["a comment of configuration", "compose.yaml", `name: x\n  # ${words(117)}\n`, 2],
    ["a comment of a script", ".ci/run", `# ${words(119)}\n`, 1],
    ["a paragraph", "docs/a.md", `# A\n\n${words(121)}\n`, 3],
    ["an item of a list", "docs/a.md", `- ${words(119)}\n`, 1],
    ["a decision", "docs/adr/0001-a.md", `${words(121)}\n`, 1],
    ["words before a link", "docs/a.md", `see [it](https://example.com/${"a".repeat(91)})\n`, 1],
  ])("finds %s", (_, path, text, line) => {
    expect(found(path, text)).toEqual(wide(line));
  });

  it.each([
    ["what fits", "a.ts", `// ${words(117)}\n`],
    ["letters of two code units, by how many they are", "docs/a.md", `${"𐌰 ".repeat(60)}\n`],
    [
      "code and strings, which are the formatter's",
      "a.ts",
      `const a = "${words(130)}";\nf(/* why */ "${words(130)}");\n`,
    ],
    [
      "two slashes in a string or a pattern",
      "a.ts",
      `const a = "// ${words(130)}";\nconst b = /[//]${"a".repeat(130)}/;\n`,
    ],
    ["slashes in a template", "a.ts", `const a = \`// ${words(60)} \${b} // ${words(60)}\`;\n`],
    ["tables", "docs/a.md", `| ${words(130)} |\n`],
    ["fenced code", "docs/a.md", `\`\`\`\n${words(130)}\n\`\`\`\n`],
    [
      "an address or a link that is a line of its own",
      "docs/a.md",
      `- [it](https://example.com/${"a".repeat(130)}).\n`,
    ],
    ["an address in a comment", "a.ts", `// https://example.com/${"a".repeat(130)}\n`],
  ])("lets pass %s", (_, path, text) => {
    expect(found(path, text)).toEqual([]);
  });
});
