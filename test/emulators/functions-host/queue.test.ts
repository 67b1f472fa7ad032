import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, type HostProcess, type Storage, startHost, startStorage } from "./support.ts";

interface Seen {
  readonly fn: string;
  readonly body: unknown;
  readonly metadata: { dequeueCount: number; id: string; insertionTime: string; queueTrigger: unknown; tag?: string };
}

let storage: Storage;
let service: QueueServiceClient;
beforeAll(async () => {
  storage = await startStorage();
  service = QueueServiceClient.fromConnectionString(storage.connectionString);
});
afterAll(() => storage.stop());

const isParallel = (entry: Seen): boolean => (entry.body as { tag?: string }).tag === "parallel";

async function countMessages(name: string): Promise<number> {
  return (await service.getQueueClient(name).getProperties()).approximateMessagesCount ?? 0;
}

describe("messages as they are", () => {
  let host: HostProcess;
  const seen = (fn: string): Seen[] => host.said<Seen>("SEEN").filter((entry) => entry.fn === fn);
  const done = (fn: string): Seen[] => host.said<Seen>("DONE").filter((entry) => entry.fn === fn);

  beforeAll(async () => {
    await Promise.all(["jobs", "binary"].map((name) => service.createQueue(name)));
    host = await startHost("queue", {
      env: { AzureWebJobsStorage: storage.connectionString, Jobs: storage.connectionString, WORK_QUEUE: "jobs" },
      args: ["--queue-lease", "2"],
    });
  });
  afterAll(() => host.kill());

  it("hands over parsed JSON with the message's metadata, and deletes a message that succeeded", async () => {
    const { messageId } = await service.getQueueClient("jobs").sendMessage('{"tag":"first","list":[1]}');
    const [entry] = await eventually("the message is seen", () => (seen("work").length > 0 ? seen("work") : undefined));
    expect(entry).toMatchObject({
      body: { tag: "first", list: [1] },
      metadata: { dequeueCount: 1, id: messageId, tag: "first", queueTrigger: { tag: "first", list: [1] } },
    });
    expect(entry?.metadata.insertionTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    await eventually("it is deleted", async () => (await countMessages("jobs")) === 0);
  });

  it("gives bytes to a function with dataType binary", async () => {
    await service.getQueueClient("binary").sendMessage("é7");
    await eventually("the bytes are seen", () =>
      seen("binary").some((s) => (s.body as { hex: string }).hex === "c3a937"),
    );
  });

  it("tries five times, then moves the message to the poison queue, which has none of its own", async () => {
    await service.getQueueClient("jobs").sendMessage('{"fail":true,"tag":"bad"}');
    const inPoison = await eventually("the poison queue's function has it, again and again", () => {
      const entries = seen("poison");
      return entries.length >= 7 ? entries : undefined;
    });
    const tries = seen("work").filter((entry) => entry.metadata.tag === "bad");
    expect(tries.map((entry) => entry.metadata.dequeueCount)).toEqual([1, 2, 3, 4, 5]);
    expect(inPoison.slice(0, 7).map((entry) => entry.metadata.dequeueCount)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(inPoison[0]?.body).toEqual({ fail: true, tag: "bad" });
    expect(await countMessages("jobs")).toBe(0);
    await service.getQueueClient("jobs-poison").clearMessages();
  });

  it("keeps a message hidden for as long as it is worked on", async () => {
    // Longer than two leases, and in real time: Azurite would show the message again.
    await service.getQueueClient("jobs").sendMessage('{"sleep":5000,"tag":"long"}');
    await eventually("it is done", () => done("work").find((entry) => JSON.stringify(entry.body).includes("long")));
    await eventually("it is deleted", async () => (await countMessages("jobs")) === 0);
    expect(seen("work").filter((entry) => entry.metadata.tag === "long")).toHaveLength(1);
  });

  it("waits for a queue that does not exist yet", async () => {
    const queue = service.getQueueClient("appears-later");
    expect(await queue.exists()).toBe(false);
    await queue.create();
    await queue.sendMessage("at last");
    await eventually("its message is seen", () => seen("later").some((entry) => entry.body === "at last"));
  });

  it("works on several messages at a time, at most batchSize and newBatchThreshold together", async () => {
    const queue = service.getQueueClient("jobs");
    await Promise.all(Array.from({ length: 12 }, () => queue.sendMessage('{"sleep":1000,"tag":"parallel"}')));
    await eventually("all are done", () => done("work").filter((entry) => isParallel(entry)).length === 12);
    let running = 0;
    const levels = host.lines.flatMap((line) => {
      const word = / (SEEN|DONE) \{"fn":"work".*"parallel"/.exec(line)?.[1];
      if (!word) return [];
      running += word === "SEEN" ? 1 : -1;
      return [running];
    });
    expect(Math.max(...levels)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...levels)).toBeLessThanOrEqual(4 + 2);
  });

  it("runs a function on demand", async () => {
    const body = JSON.stringify({ input: '{"tag":"by hand"}' });
    const invoke = (name: string, init: RequestInit): Promise<number> =>
      fetch(`${host.baseUrl}/admin/functions/${name}`, { method: "POST", ...init }).then((response) => response.status);
    expect(await invoke("work", { body })).toBe(202);
    expect(await invoke("work", {})).toBe(400);
    expect(await invoke("none", { body })).toBe(404);
    await eventually("it has run", () => seen("work").some((entry) => entry.metadata.tag === "by hand"));
  });

  it("ends the work in flight before it stops, and leaves the rest for the next host", async () => {
    await service.getQueueClient("jobs").sendMessage('{"sleep":1500,"tag":"last"}');
    await eventually("it is seen", () => seen("work").some((entry) => entry.metadata.tag === "last"));
    host.signal("SIGTERM");
    expect(await host.exited).toBe(0);
    expect(JSON.stringify(done("work").at(-1)?.body)).toContain("last");
    expect(await countMessages("jobs")).toBe(0);
  });
});

describe("messages in base64", () => {
  it("decodes them, and moves a message that it cannot decode to the poison queue at once", async () => {
    await service.createQueue("encoded");
    const host = await startHost("queue-base64", { env: { AzureWebJobsStorage: storage.connectionString } });
    const queue = service.getQueueClient("encoded");
    await queue.sendMessage("not base64!");
    await queue.sendMessage(Buffer.from('{"grüße":42}').toString("base64"));
    const [entry] = await eventually("the good one is seen", () => {
      const entries = host.said<Seen>("SEEN");
      return entries.length > 0 ? entries : undefined;
    });
    expect(entry?.body).toEqual({ grüße: 42 });
    const poison = service.getQueueClient("encoded-poison");
    await eventually(
      "the bad one is poison",
      async () => (await poison.exists()) && (await countMessages(poison.name)) === 1,
    );
    const { receivedMessageItems } = await poison.receiveMessages();
    expect(receivedMessageItems.map((message) => message.messageText)).toEqual(["not base64!"]);
    // The copy comes before the delete: for a moment the message is in both.
    await eventually("both are gone", async () => (await countMessages("encoded")) === 0);
    expect(await host.stop()).toBe(0);
  });
});
