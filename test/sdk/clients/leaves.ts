import process from "node:process";
import { createClient } from "../../../sdk/src/index.ts";

// Tracks where nobody listens. Then it has nothing to do, or waits for half a second.
const client = createClient({ endpoint: "http://127.0.0.1:9", key: "hr_acme_stub", flushIntervalMs: 10 });
void client.track("seen");
client.on("retry", () => void process.stdout.write("retry\n"));
if (process.argv[2] === "waits") {
  const { pending } = await client.flush({ signal: AbortSignal.timeout(500) });
  process.stdout.write(`pending ${pending}\n`);
}
