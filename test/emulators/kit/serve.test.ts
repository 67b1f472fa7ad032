import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";

/** In the service: milliseconds that remain of the 15 seconds for which local/launcher/state.ts waits. */
const PATIENCE_MS = 14_000;

/**
 * A service whose end waits for something that never comes, as the Functions host's does for services that ended with
 * its parent. Its clock stands still until the parent is gone, and then goes on by the time that the next start waits.
 */
const hanging = `
  import { mock } from "node:test";
  import { serve } from ${JSON.stringify(pathToFileURL("local/emulators/kit/serve.ts").href)};
  setInterval(() => undefined, 1_000);
  mock.timers.enable({ apis: ["setTimeout"] });
  await serve("hanging", async () => ({ ready: { ready: true }, close: () => new Promise(() => undefined) }));
  process.on("disconnect", () => {
    mock.timers.tick(${PATIENCE_MS});
    process.exit(99);
  });
`;

test("an orphan ends before the next start on its folder gives up waiting, whatever the orphan waits for itself", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", hanging], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout) await once(child.stdout, "data");
  child.disconnect();
  const [code] = await once(child, "exit");
  // It ended by itself: 99 would say that it was still there.
  expect(code).toBe(1);
});
