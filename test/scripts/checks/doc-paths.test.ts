import { describe, expect, it } from "vitest";
import { findWrongNumbers, findWrongPaths } from "../../../scripts/checks/doc-paths.ts";

const files = [
  "README.md",
  "docs/api.md",
  "docs/adr/0001-why.md",
  "local/README.md",
  "local/launcher/faults/profiles.ts",
  "shared/ingest/accept-batch.ts",
  "shared/query/query-events.ts",
  ".ci/run",
];
const api = "# API\n\n## At 3 a.m.\n\n## Twice\n\n## Twice\n";
const found = (text: string, path = "README.md") =>
  findWrongPaths(
    [
      { path, text },
      { path: "docs/api.md", text: api },
    ],
    files,
  );

describe("the check of paths that pages name", () => {
  it.each([
    "`shared/ingest/gone.ts`",
    "`shared/gone/`",
    "`shared/gone`",
    "`node shared/gone/main.ts --port 1`",
    "`shared/query/gone-*.ts`",
    "`.ci/gone`",
    "`gone.ts`",
    "`ingest/query-events.ts`",
    "`gone.md`",
    "`../faults/profiles.ts`",
    "```\nshared/gone/   what it was\n```",
    "[the page](docs/gone.md)",
    "[the page](docs/api.md#gone)",
    "[here](#gone)",
  ])("finds a path that does not exist: %s", (text) => {
    expect(found(`# Page\n\n${text}\n`)).toHaveLength(1);
  });

  it("gives page, line, the named path, and where it may be now", () => {
    expect(found("# Page\n\n`shared/pipeline/accept-batch.ts`\n")).toEqual([
      {
        path: "README.md",
        line: 3,
        what: '"shared/pipeline/accept-batch.ts" is not there',
        next: "Is it in shared/ingest/ now?",
      },
    ]);
  });

  it.each([
    "`shared/ingest/accept-batch.ts`, `shared/ingest/`, `shared`, `.ci/run`, `shared/…`, `shared/<name>/x.ts`",
    "`shared/query/query-*.ts`",
    "`accept-batch.ts` and `faults/profiles.ts`",
    "`/tmp/example.ts`, `https://shared/gone.ts`, `@azure/shared/gone`, `@headrace/emulators/gone.ts`, `$URL/docs/gone`, `docs.rs/docs/gone`",
    "[the page](docs/api.md#at-3-am), [again](docs/api.md#twice-1), [why](docs/adr), [here](#page), `[x](#gone)`",
    "[elsewhere](https://example.com/docs/gone.md)",
  ])("lets pass existing paths, and others' paths: %s", (text) => {
    expect(found(`# Page\n\n${text}\n`)).toEqual([]);
  });

  it("reads links and names from the page's own folder", () => {
    expect(found("`launcher/faults/profiles.ts`, [API](../docs/api.md), `../docs/api.md`", "local/README.md")).toEqual(
      [],
    );
    expect(found("[API](docs/api.md)", "local/README.md")).toHaveLength(1);
  });
});

describe("the check of the numbers of decisions", () => {
  const first = { path: "docs/adr/0001-why.md", text: "# 1. Why\n" };

  it("finds two with one number, and a heading with another", () => {
    const second = { path: "docs/adr/0001-how.md", text: "# 1. How\n" };
    expect(findWrongNumbers([first, second])).toMatchObject([{ path: second.path, line: 1 }]);
    expect(findWrongNumbers([{ ...first, text: "# 11. Why\n" }])).toMatchObject([{ path: first.path, line: 1 }]);
  });

  it("takes others", () => {
    const others = [first, { path: "docs/adr/0010-how.md", text: "# 10. How\n" }, { path: "docs/api.md", text: api }];
    expect(findWrongNumbers(others)).toEqual([]);
  });
});
