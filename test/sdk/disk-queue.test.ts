import { spawn } from "node:child_process";
import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { expect, it, onTestFinished } from "vitest";
import { createDiskQueue } from "../../sdk/src/node.ts";
import { answerJson, eventually, makeFolder, root, type StubServer, serveStub } from "../cli/support.ts";
import { openClient, readSent, take } from "./support.ts";

const serve = () => serveStub(({ body }, response) => answerJson(response, 202, take(body)));
const idsAt = ({ requests }: StubServer): string[] =>
  requests.flatMap(({ body }) => readSent(body).events.map(({ event_id }) => event_id));
/** Nobody listens there. */
const nowhere = "http://127.0.0.1:9";

/** Keeps events in a folder, whose process then is no more. */
async function leave(folder: string, count: number): Promise<string[]> {
  const end = new AbortController();
  const { client } = openClient({ endpoint: nowhere, queue: createDiskQueue({ folder }), signal: end.signal });
  const tracked = await Promise.all(Array.from({ length: count }, (_, i) => client.track("kept", { i })));
  expect(new Set(tracked.map(({ kept }) => kept))).toEqual(new Set(["durable"]));
  end.abort();
  return tracked.map(({ eventId }) => eventId);
}

async function segmentsOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".log")).map((name) => join(folder, name));
}

/** Opens a client on a folder, and waits until all in it has its answer. */
async function sendRest(folder: string) {
  const server = await serve();
  const opened = openClient({ endpoint: server.url, queue: createDiskQueue({ folder }) });
  expect(await opened.client.flush()).toEqual({ pending: 0 });
  return { ...opened, server };
}

it("what was kept is sent by whoever comes next, with the same ids, in its order and once", async () => {
  const folder = join(makeFolder(), "queue");
  const ids = [...(await leave(folder, 300)), ...(await leave(folder, 5))];
  const { server, client, tell } = await sendRest(folder);
  expect(idsAt(server)).toEqual(ids);
  const { eventId } = await client.track("new");
  expect(await client.close()).toEqual({ pending: 0 });
  expect(idsAt(server)).toEqual([...ids, eventId]);
  expect((await sendRest(folder)).server.requests).toEqual([]);
  expect(tell("warning")).toEqual([]);
});

it("a record that is spoiled or cut is told of once and passed over; all others are sent", async () => {
  const folder = makeFolder();
  const ids = await leave(folder, 10);
  const [segment = ""] = await segmentsOf(folder);
  const lines = (await readFile(segment, "utf8")).split("\n");
  lines[3] = `${lines[3]?.slice(0, -3)}xx}`;
  lines[7] = "\u0000\u0000nonsense";
  await writeFile(segment, `${lines.join("\n")}0123abcd {"event_id":"cut`);
  const { server, tell } = await sendRest(folder);
  expect(idsAt(server)).toEqual(ids.filter((_, i) => i !== 3 && i !== 7));
  expect(tell("warning")).toMatchObject([{ code: "queue_spoiled" }]);
});

it("files that are nobody's, one that cannot be read and a mark without sense keep no event back", async () => {
  const folder = makeFolder();
  const ids = await leave(folder, 3);
  const [segment = ""] = await segmentsOf(folder);
  await writeFile(segment.replace(".log", ".done"), "nonsense");
  await writeFile(join(folder, "notes.txt"), "mine");
  await writeFile(join(folder, "000.log"), "");
  await mkdir(join(folder, "001.log"));
  const { server, tell } = await sendRest(folder);
  expect(idsAt(server)).toEqual(ids);
  expect(tell("warning")).toMatchObject([{ code: "queue_unreadable", message: expect.stringContaining("001.log") }]);
});

it("a lock of a dead process is broken, and so is one that nobody holds any more", async () => {
  const folder = makeFolder();
  const ids = await leave(folder, 3);
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.once("close", resolve));
  const { hostname } = await import("node:os");
  await writeFile(join(folder, "lock"), JSON.stringify({ pid: child.pid, host: hostname(), token: "t" }));
  expect(idsAt((await sendRest(folder)).server)).toEqual(ids);
});

it("a full queue drops the new event and says so", async () => {
  const folder = makeFolder();
  const queue = createDiskQueue({ folder, maxBytes: 1000 });
  const { client, tell } = openClient({ endpoint: nowhere, queue });
  const kept: unknown[] = [];
  for (let i = 0; i < 10; i++) kept.push((await client.track("seen", { text: "x".repeat(100) })).kept);
  expect([kept[0], kept.at(-1)]).toEqual(["durable", false]);
  expect(tell("dropped")[0]).toMatchObject({ code: "queue_full" });
});

it("where the folder cannot be used, somebody is told once, and memory goes on", async () => {
  const file = join(makeFolder(), "file");
  await writeFile(file, "");
  const server = await serve();
  const { client, tell } = openClient({
    endpoint: server.url,
    queue: createDiskQueue({ folder: join(file, "queue") }),
  });
  const tracked = [await client.track("a"), await client.track("b")];
  expect(tracked.map(({ kept }) => kept)).toEqual(["memory", "memory"]);
  expect(await client.flush()).toEqual({ pending: 0 });
  expect(idsAt(server)).toEqual(tracked.map(({ eventId }) => eventId));
  expect(tell("warning")).toMatchObject([{ code: "queue_unusable", message: expect.stringContaining("ENOTDIR") }]);
});

/** A process that tracks on a disk queue. With a limit, no file of its may have more blocks of 512 or 1,024 bytes. */
function startWriter(url: string, folder: string, name: string, count: number, limit = "unlimited") {
  const client = join(root, "test/sdk/clients/durable.ts");
  const command = `ulimit -f ${limit}; exec "$@"`;
  const args = [process.execPath, client, url, "hr_acme_stub", folder, name, String(count)];
  const child = spawn("sh", ["-c", command, "sh", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { lines: () => output.split("\n"), ended: new Promise((resolve) => child.once("close", resolve)) };
}

it("a disk that takes no more is told of once; what it has not, memory has, and all is sent", async () => {
  const folder = makeFolder();
  const server = await serve();
  const writer = startWriter(server.url, folder, "a", 200, "8");
  await writer.ended;
  expect(writer.lines().filter((line) => /^(warning|dropped|closed)/.test(line))).toEqual([
    "warning queue_unusable",
    "closed 0",
  ]);
  expect(new Set(idsAt(server)).size).toBe(200);
});

it("three processes on one queue send nothing twice and lose nothing", async () => {
  const folder = makeFolder();
  const server = await serve();
  const writers = ["a", "b", "c"].map((name) => startWriter(server.url, folder, name, 300));
  await Promise.all(writers.map(({ ended }) => ended));
  for (const { lines } of writers)
    expect(lines().filter((line) => !line.startsWith("durable"))).toEqual(["closed 0", ""]);
  const ids = idsAt(server);
  expect([ids.length, new Set(ids).size]).toEqual([900, 900]);
});

it("what is appended to a segment while another process takes it away is kept", async () => {
  const { createSegmentWriter } = await import("../../sdk/src/disk/segment-writer.ts");
  const { createSegments } = await import("../../sdk/src/disk/segments.ts");
  const folder = makeFolder();
  const writer = createSegmentWriter(folder);
  const event = (id: string) => ({
    id,
    json: JSON.stringify({ event_id: id, text: "x".repeat(100_000) }),
    bytes: 100_000,
  });
  const seen: string[] = [];
  let isOver = false;
  const sending = (async () => {
    const segments = createSegments(folder, ({ message }) => expect.unreachable(message));
    for (let empty = 0; empty < 3; ) {
      segments.refresh();
      const events = await segments.read(1_000_000);
      seen.push(...events.map(({ id }) => id));
      await segments.finish(events);
      if (isOver) empty = events.length === 0 ? empty + 1 : 0;
    }
  })();
  for (let i = 0; i < 60; i++) await writer.write([event(`e${i}`)]);
  isOver = true;
  await sending;
  expect([...new Set(seen)].sort()).toEqual(Array.from({ length: 60 }, (_, i) => `e${i}`).sort());
  await appendFile(join(folder, "end"), "");
  expect(await eventually(() => seen.length >= 60, "all are seen")).toBe(true);
});
