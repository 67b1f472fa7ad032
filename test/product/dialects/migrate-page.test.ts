import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { makeOrg, product } from "../../support/product.ts";
import { readStored } from "../../support/stored-events.ts";

const page = readFileSync("docs/migrate.md", "utf8");
const snippets = page
  .split(/^## /m)
  .flatMap((section) =>
    [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(
      ([, code = ""]) => [section.split("\n")[0] ?? "", code] as const,
    ),
  );

it.each(snippets)("the example for %s runs as it stands there, and its event is stored", async (_, code) => {
  const org = await makeOrg();
  const env = { PATH: process.env.PATH ?? "", URL: product.baseUrl, KEY: org.key };
  await promisify(execFile)(process.execPath, ["--input-type=module-typescript", "--eval", code], { env });
  expect(await readStored(org, 1)).toMatchObject([{ user_id: "ada", properties: { total: 12.5 } }]);
});

it("has an example for each product that it names", () => {
  const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  expect([...new Set(snippets.map(([name]) => name))]).toEqual(sections);
});
