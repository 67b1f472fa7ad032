import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startPipeline } from "../../../local/pipeline.ts";
import { makeFolder, runCommandToEnd } from "./support.ts";

test("a file of several orgs goes through the whole product: stored once, and the second time duplicates", async () => {
  const folder = makeFolder();
  const pipeline = await startPipeline({ stateDir: join(folder, "state") });
  onTestFinished(() => pipeline.stop());
  const edit = (channel: string, page: string) =>
    JSON.stringify({ time: "2015-09-12T10:00:00Z", channel, namespace: "Main", user: "ada", page });
  const lines = [edit("#en.wikipedia", "a"), edit("#vi.wikipedia", "b"), edit("#en.wikipedia", "c"), edit("acme", "d")];
  const file = join(folder, "edits.ndjson");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const flags = ["--org-field", "channel", "--type-field", "namespace", "--time-field", "time", "--user-field", "user"];
  const send = () => runCommandToEnd("send", [file, "--state", pipeline.stateDir, ...flags]);

  const first = await send();
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout).toMatch(/^ +#en\.wikipedia = ~23en\.wikipedia +2 +2 +0 +0 +0 +0$/m);
  expect(first.stdout).toMatch(/^ +acme +1 +1 +0 +0 +0 +0$/m);
  expect(first.stdout).toMatch(/^ +total +4 +4 +0 +0 +0 +0$/m);

  const second = await send();
  expect(second).toMatchObject({ code: 0 });
  expect(second.stdout).toMatch(/^ +total +4 +0 +4 +0 +0 +0$/m);
});
