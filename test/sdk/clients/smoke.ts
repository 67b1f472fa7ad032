import { strict as assert } from "node:assert";
import process from "node:process";
import { createClient } from "../../../sdk/src/index.ts";
import { createDiskQueue } from "../../../sdk/src/node.ts";
import { createMemoryTransport } from "../../../sdk/src/testing.ts";

/** What the SDK does, on whichever Node runs this. Arguments: an address where all is taken, and an empty folder. */
const [endpoint = "", folder = ""] = process.argv.slice(2);
const faults: unknown[] = [];
const onDiagnostic = (told: { kind: string }): void => void (told.kind === "warning" && faults.push(told));

const memory = createClient({ endpoint, key: "hr_acme_stub", onDiagnostic });
const accepted: string[] = [];
memory.on("accepted", ({ eventIds }) => void accepted.push(...eventIds));
// More than a kilobyte, so that it is packed.
const some = Array.from({ length: 100 }, (_, i) => ({ i: BigInt(i), at: new Date(0), set: new Set([i]) }));
const tracked = await Promise.all(some.map((properties) => memory.track("seen", properties)));
assert.deepEqual(await memory.close(), { pending: 0 });
assert.deepEqual(
  accepted,
  tracked.map(({ eventId }) => eventId),
);

const end = new AbortController();
const lost = createClient({
  ...{ endpoint: "http://127.0.0.1:9", key: "hr_acme_stub", queue: createDiskQueue({ folder }), signal: end.signal },
});
assert.equal((await lost.track("kept")).kept, "durable");
end.abort();
const found = createClient({ endpoint, key: "hr_acme_stub", queue: createDiskQueue({ folder }), onDiagnostic });
found.on("accepted", ({ eventIds }) => void accepted.push(...eventIds));
assert.deepEqual(await found.close(), { pending: 0 });
assert.equal(accepted.length, 101);

let asked = 0;
const { fetch } = createMemoryTransport();
const withTokens = createClient({
  ...{ endpoint: "https://a.example", fetch, onDiagnostic },
  getToken: () => ({ token: `t${++asked}`, expiresIn: 3600 }),
});
void withTokens.track("seen");
assert.deepEqual([await withTokens.close(), asked], [{ pending: 0 }, 1]);
assert.deepEqual(faults, []);
process.stdout.write(`${process.version} ok\n`);
