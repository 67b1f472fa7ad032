import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";

const page = readFileSync("docs/security.md", "utf8");
const tests = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path: join("test", path), text: readFileSync(join("test", path), "utf8") }));

/** The rows of the table under a heading, by cells. */
function rowsOf(heading: string): string[][] {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const [text = ""] = section.split("\n## ");
  const rows = text.split("\n").filter((line) => line.startsWith("| "));
  return rows.map((row) => row.split(/(?<!\\)\|/).slice(1, -1)).slice(1);
}

const quoted = (text: string): string[] => [...text.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
const filesIn = (text: string) =>
  [...text.matchAll(/`([\w/-]+(?:\.test)?\.ts)`/g)].map(([, file = ""]) => ({
    file,
    found: tests.filter(({ path }) => (file.includes("/") ? path.endsWith(file) : basename(path) === file)),
  }));

/** The sections that ask something of implementers: all of 2, and all of 4. */
const sections =
  "2.1 2.1.1 2.1.2 2.2.1 2.2.2 2.3 2.4 2.5 2.6 4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.8 4.9 4.10 4.11 4.12 4.13 4.14 4.15 4.16 4.17";

describe("docs/security.md", () => {
  it("goes through RFC 9700 section by section, in order, with a test for each or the reason why not", () => {
    const rows = rowsOf("RFC 9700, point by point");
    expect(rows.map(([section = ""]) => section.trim().split(" ")[0]).join(" ")).toBe(sections);
    for (const [section, , here = "", shown = ""] of rows) {
      if (here.trim().startsWith("not done")) expect(shown.trim(), section).toBe("");
      else expect(filesIn(shown).length, section).toBeGreaterThan(0);
    }
  });

  it.each(["Threats, and what answers each", "Signing in", "RFC 9700, point by point"])(
    "names only tests that exist: %s",
    (heading) => {
      const rows = rowsOf(heading);
      expect(rows.length).toBeGreaterThan(10);
      const everywhere = tests.map(({ text }) => text).join("\n");
      for (const row of rows) {
        const shown = row.at(-1) ?? "";
        const files = filesIn(shown).filter(({ file }) => !file.startsWith("shared/"));
        for (const { file, found } of files) expect(found.length, file).toBeGreaterThan(0);
        const text =
          files.length > 0 ? files.flatMap(({ found }) => found.map((one) => one.text)).join("\n") : everywhere;
        for (const name of quoted(shown)) expect(text.includes(name), `${row[0]}: ${name}`).toBe(true);
      }
    },
  );
});
