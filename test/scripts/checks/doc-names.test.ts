import { describe, expect, it } from "vitest";
import { findWrongNames, findWrongStatus } from "../../../scripts/checks/doc-names.ts";

const code = [
  {
    path: "shared/one.ts",
    text: `// startGone, receipt_gone\nexport const startStack = { receipt_id: "HEADRACE_ORIGINS" };\n`,
  },
  { path: "host.json", text: '{ "maxPollingInterval": 1 }' },
];
const found = (text: string) => findWrongNames([{ path: "docs/api.md", text }], code).map(({ what }) => what);

describe("the check of names that pages name", () => {
  it.each(["startGone", "receipt_gone", "HEADRACE_GONE"])(
    "finds %s, which stands only in a comment or nowhere",
    (name) => {
      expect(found(`Call \`${name}(1)\`.`)).toEqual([`the code has nothing of the name "${name}"`]);
      expect(found(`\`\`\`ts\nawait ${name}({ a: 1 });\n\`\`\``)).toHaveLength(1);
    },
  );

  it("lets pass names that the code or its configuration has", () => {
    expect(found("`startStack({ receipt_id })` with `HEADRACE_ORIGINS=x`, `maxPollingInterval`")).toEqual([]);
  });

  it("lets pass names that an example declares, its data, and plain words", () => {
    expect(found('```ts\nconst myReceipt = send("my_event", \'{"my_field": 1}\');\nprint(myReceipt);\n```')).toEqual(
      [],
    );
    expect(found("`stored`, `GET`, `accept-batch.ts`, `$MY_KEY`, `a.otherName`, word_in_prose")).toEqual([]);
  });

  it("lets pass the names of a picture", () => {
    expect(found("```mermaid\nstart_gone --> stop_gone\n```")).toEqual([]);
  });
});

describe("the check of error codes", () => {
  const table = { secrets_unavailable: [503], internal: [500] } as const;
  const wrong = (text: string) => findWrongStatus([{ path: "docs/api.md", text }], table).map(({ what }) => what);

  it("finds a code with a wrong status, and one that does not exist", () => {
    expect(wrong("| 500 `secrets_unavailable` | |")).toEqual(['"secrets_unavailable" is 503 and not 500']);
    expect(wrong("503 `secrets_gone`")).toEqual(['there is no error "secrets_gone"']);
  });

  it("lets pass a code with its own status", () => {
    expect(wrong("503 `secrets_unavailable`, 500 `internal`, 202 `receipt_id`")).toEqual([]);
  });
});
