import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { version } from "../../sdk/src/index.ts";
import { answerJson, root, serveStub } from "../cli/support.ts";
import { openClient, take } from "./support.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Rows of the README's table: the first number of an SDK, and the versions of the API that it works with. */
const rows = [...read("sdk/README.md").matchAll(/^\| (\d+)\.x \| (v\d+(?:, v\d+)*) \|$/gm)].map(
  ([, sdk = "", apis = ""]) => ({ sdk, apis: apis.split(", ") }),
);
/** The kept contracts of all versions. */
const contracts = globSync("docs/openapi/v*.json", { cwd: root }).map((path) => basename(path, ".json"));

it("the README says with which version of the API this SDK works, and that is the version that it calls", async () => {
  const row = rows.find(({ sdk }) => sdk === version.split(".")[0]);
  const server = await serveStub(({ body }, response) => answerJson(response, 202, take(body)));
  const { client } = openClient({ endpoint: server.url });
  void client.track("seen");
  await client.close();
  expect(server.requests.map(({ path }) => path)).toEqual(row?.apis.map((api) => `/api/${api}/events`));
});

it("each version of the API that the README names has a contract, with all that the SDK reads", () => {
  expect(rows.length).toBeGreaterThan(0);
  for (const api of rows.flatMap(({ apis }) => apis)) {
    expect(contracts).toContain(api);
    const { paths } = JSON.parse(read(`docs/openapi/${api}.json`)) as Contract;
    const sending = JSON.stringify(paths[`/api/${api}/events`]?.post);
    for (const name of ["receipt_id", "accepted", "results", "index", "result", "code", "path", "message"])
      expect(sending).toContain(`"${name}":`);
    expect(Object.keys(paths)).toContain(`/api/${api}/receipts/{receipt_id}`);
  }
});
