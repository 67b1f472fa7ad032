import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, makeOrg, product } from "../../support/product.ts";
import { makePageKey, type SdkSite, startSdkSite } from "../../support/sdk-page.ts";
import { readStored } from "../../support/stored-events.ts";
import { until } from "../../support/until.ts";

const page = readFileSync("docs/migrate.md", "utf8");
/** Each example with the product that it is for: `ts` runs in Node, `js` in a page. */
const snippetsIn = (language: "ts" | "js") =>
  page
    .split(/^## /m)
    .flatMap((section) =>
      [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
        ([, code = ""]) => [section.split("\n")[0] ?? "", code] as const,
      ),
    );
const snippets = snippetsIn("ts");

it.each(snippets)("the example for %s runs as it stands there, and its event is stored", async (_, code) => {
  const org = await makeOrg();
  const env = { PATH: process.env.PATH ?? "", URL: product.baseUrl, KEY: org.key };
  await promisify(execFile)(process.execPath, ["--input-type=module-typescript", "--eval", code], { env });
  expect(await readStored(org, 1)).toMatchObject([{ user_id: "ada", properties: { total: 12.5 } }]);
});

describe("in a page", () => {
  let site: SdkSite;
  beforeAll(async () => {
    site = await startSdkSite();
  });
  afterAll(async () => site?.close());

  it.each(snippetsIn("js"))("the example for %s runs as it stands there, and its event is stored", async (_, code) => {
    const org = await makeOrg(["events:write", "events:read", "keys:manage"]);
    const { key } = await makePageKey(org, site.origin);
    expect(code).toContain("hrp_…");
    expect(code).toContain("https://headrace.example");
    await site.serve(code.replaceAll("hrp_…", key).replaceAll("https://headrace.example", product.baseUrl));
    const { page: tab } = await site.open();
    const isPaid = ({ event_type }: Json) => /^order[_ ]paid$/i.test(String(event_type));
    const event = await until(async () => (await readStored(org, 0)).find(isPaid));
    expect(event).toMatchObject({ user_id: "ada", properties: { total: 12.5 } });
    await tab.close();
  });
});

it("has an example for each product that it names", () => {
  const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  expect([...new Set(snippets.map(([name]) => name))]).toEqual(sections);
});
