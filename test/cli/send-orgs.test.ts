import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../local/launcher/stack.ts";
import { makeFolder, runCommandToEnd } from "./support.ts";

test("a file of several orgs goes through the whole product: stored once, and the second time duplicates", async () => {
  const folder = makeFolder();
  const stack = await startStack({ stateDir: join(folder, "state") });
  onTestFinished(() => stack.stop());
  const edit = (channel: string, page: string) =>
    JSON.stringify({ time: "2015-09-12T10:00:00Z", channel, namespace: "Main", user: "ada", page });
  const lines = [edit("#en.wikipedia", "a"), edit("#vi.wikipedia", "b"), edit("#en.wikipedia", "c"), edit("acme", "d")];
  const file = join(folder, "edits.ndjson");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const flags = ["--org-field", "channel", "--type-field", "namespace", "--time-field", "time", "--user-field", "user"];
  const send = (...more: string[]) => runCommandToEnd("send", [file, "--state", stack.stateDir, ...flags, ...more]);

  const first = await send();
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout).toMatch(/^ +#en\.wikipedia = ~23en\.wikipedia +2 +2 +0 +0 +0 +0$/m);
  expect(first.stdout).toMatch(/^ +acme +1 +1 +0 +0 +0 +0$/m);
  expect(first.stdout).toMatch(/^ +total +4 +4 +0 +0 +0 +0$/m);

  const second = await send("--json");
  expect(second).toMatchObject({ code: 0 });
  expect(JSON.parse(second.stdout)).toMatchObject({
    complete: true,
    total: { accepted: 4, stored: 0, duplicate: 4 },
    orgs: { "#en.wikipedia": { duplicate: 2 }, acme: { duplicate: 1 } },
    failures: [],
  });
  const proven = await runCommandToEnd("account", ["--state", stack.stateDir, "--json"]);
  expect(proven).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(proven.stdout)).toMatchObject({ violations: [], messages: 6, unreadable: 0 });

  // The product shows a key once. A key that nobody kept is reported, and no other org's events wait for it.
  writeFileSync(join(stack.stateDir, "orgs.json"), '{"orgs":[]}');
  const lost = await send();
  expect(lost).toMatchObject({ code: 1 });
  expect(lost.stdout).toMatch(/lines 4–4 \(acme\): no_api_key: There is an org "acme", and its API key is not in/);
});
