import process from "node:process";
import { createClient } from "../../../sdk/src/index.ts";
import { createDiskQueue } from "../../../sdk/src/node.ts";

/**
 * Tracks events on a disk queue, and prints the id of each once it is said to be kept. Arguments: the address, the key,
 * the folder, the name of the first id, and how many.
 */
const [endpoint = "", key = "", folder = "", name = "", count = "0"] = process.argv.slice(2);
const queue = createDiskQueue({ folder });
const say = (...words: string[]): void => void process.stdout.write(`${words.join(" ")}\n`);
const client = createClient({
  ...{ endpoint, key, queue, flushIntervalMs: 5, maxPauseMs: 200, requestTimeoutMs: 2000, maxBatchEvents: 100 },
  onDiagnostic: (told) => void (told.kind === "warning" && say("warning", told.code)),
});
client.on("dropped", ({ code, message }) => say("dropped", code, message));
client.on("blocked", ({ code, message }) => say("blocked", code, message));

for (let i = 0; i < Number(count); i += 10) {
  const some = Array.from({ length: Math.min(10, Number(count) - i) }, (_, j) => `${name}-${i + j}`);
  const tracked = await Promise.all(some.map((eventId) => client.track("kept", { text: "x".repeat(50) }, { eventId })));
  for (const { eventId, kept } of tracked) say(String(kept), eventId);
}
const { pending } = await client.close();
say("closed", String(pending));
