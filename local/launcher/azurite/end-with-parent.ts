import process from "node:process";
import { outliveLostLogs } from "@headrace/emulators/kit/serve.ts";

/**
 * Preloaded (`node --import`) into Azurite, which knows nothing of the process that started it.
 *
 * Azurite saves every 5 seconds and on SIGTERM. So when its parent is gone, it gets the SIGTERM that nobody else can
 * send any more. A listener of its own on the IPC channel would keep it running after it has closed: hence the exit
 * afterwards.
 */
const saveDeadlineMs = 5_000;
let ending = false;

function leaveWhenSaved(): void {
  if (ending) return;
  ending = true;
  process.channel?.unref();
  // It does not listen to signals yet, so it has nothing to save.
  if (process.listenerCount("SIGTERM") === 1) process.exit(0);
  setTimeout(() => process.exit(0), saveDeadlineMs).unref();
}

// Its stdout is a pipe to the parent. Telling a dead parent that it closes would crash it before it has saved (EPIPE).
outliveLostLogs();
process.on("SIGTERM", leaveWhenSaved);
process.on("SIGINT", leaveWhenSaved);
process.on("disconnect", () => {
  if (!ending) process.kill(process.pid, "SIGTERM");
});
