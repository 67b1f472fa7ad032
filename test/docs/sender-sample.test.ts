import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { answerJson, type CleanUp, makeFolder, root, type StubServer, serveStub } from "../cli/support.ts";
import { foreignAnswers } from "../support/foreign-answers.ts";

let sample: string;

beforeAll(async () => {
  const page = await readFile(join(root, "docs/api.md"), "utf8");
  sample = /^## In TypeScript$.*?^```ts\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
});

async function run({ url }: StubServer, cleanUp: CleanUp): Promise<string> {
  const file = join(makeFolder(cleanUp), "example.ts");
  await writeFile(file, sample);
  const env = { PATH: process.env.PATH ?? "", URL: url, KEY: "hr_acme_stub" };
  return (await promisify(execFile)(process.execPath, [file], { env })).stdout;
}

/** Answers the first batch so, and then as the product does. */
const serve = (status: number, body: string, cleanUp: CleanUp): Promise<StubServer> =>
  serveStub(({ path }, response, count) => {
    if (count === 1) return response.writeHead(status).end(body);
    if (path === "/api/v1/events") return answerJson(response, 202, { receipt_id: "r1" });
    if (path.startsWith("/api/v1/receipts/")) return answerJson(response, 200, { status: "settled" });
    answerJson(response, 200, { events: [], next_cursor: null });
  }, cleanUp);

test.concurrent.for(foreignAnswers)(
  "the sender of docs/api.md sends the same events again after an answer %i that is not the product's",
  // The tests' own `onTestFinished`: that of the module belongs to whichever test runs last, and would end the server.
  async ([status, body], { onTestFinished: cleanUp, expect }) => {
    const server = await serve(status, body, cleanUp);
    expect(await run(server, cleanUp)).toContain("settled");
    const idsOf = ({ body: sent }: StubServer["requests"][number]): string[] =>
      (JSON.parse(gunzipSync(sent).toString()) as { events: { event_id: string }[] }).events.map((one) => one.event_id);
    const [first, second] = server.requests.filter(({ path }) => path === "/api/v1/events").map(idsOf);
    expect(second).toEqual(first);
  },
);

test("the sender of docs/api.md gives up on any other 4xx", async () => {
  const server = await serve(400, '{"code":"invalid_body"}', onTestFinished);
  await expect(run(server, onTestFinished)).rejects.toThrow("invalid_body");
  expect(server.requests).toHaveLength(1);
});
