import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";

/**
 * A service whose end waits for something that never comes, as the Functions host's does for services that ended with
 * its parent.
 */
const hanging = `
  import { serve } from ${JSON.stringify(pathToFileURL("local/emulators/kit/serve.ts").href)};
  setInterval(() => undefined, 1_000);
  await serve("hanging", async () => ({ ready: { ready: true }, close: () => new Promise(() => undefined) }));
`;

test("an orphan ends before the next start on its folder gives up waiting for it, whatever it waits for itself", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", hanging], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout) await once(child.stdout, "data");
  const left = performance.now();
  child.disconnect();
  await once(child, "exit");
  // local/launcher/state.ts waits for 15 seconds.
  expect(performance.now() - left).toBeLessThan(14_000);
}, 30_000);
