import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, type HostProcess, type Storage, startHost, startStorage } from "./support.ts";

interface Seen {
  readonly fn: string;
  readonly body: unknown;
  readonly metadata: {
    dequeueCount: number;
    id: string;
    insertionTime: string;
    expirationTime: string;
    queueTrigger: unknown;
    tag?: string;
  };
}

/** For how long a message is hidden that a host has taken. */
const LEASE_SECONDS = 2;

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
      env: {
        AzureWebJobsStorage: storage.connectionString,
        Jobs: storage.connectionString,
        WORK_QUEUE: "jobs",
        HOST_ADMIN_KEY: "the key",
      },
      args: ["--queue-lease", String(LEASE_SECONDS)],
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

  it("tries five times, at once, then copies the message to the poison queue, for 7 days", async () => {
    await service.getQueueClient("jobs").sendMessage('{"fail":true,"tag":"bad"}', { messageTimeToLive: -1 });
    const [inPoison] = await eventually("the poison queue's function has it", () => {
      const entries = seen("poison");
      return entries.length > 0 ? entries : undefined;
    });
    const tries = seen("work").filter((entry) => entry.metadata.tag === "bad");
    expect(tries.map((entry) => entry.metadata.dequeueCount)).toEqual([1, 2, 3, 4, 5]);
    expect(inPoison).toMatchObject({ body: { fail: true, tag: "bad" }, metadata: { dequeueCount: 1 } });
    const { insertionTime, expirationTime } = inPoison?.metadata ?? {};
    expect(Date.parse(expirationTime ?? "") - Date.parse(insertionTime ?? "")).toBe(7 * 86_400_000);
    await eventually("it is not in both", async () => (await countMessages("jobs")) === 0);
  });

  it("does not release a failed message of a poison queue: it stays hidden for the rest of its lease", async () => {
    const times = await eventually("it is seen there once more", () => {
      const lines = host.lines.filter((line) => line.includes('SEEN {"fn":"poison"'));
      return lines.length > 1 ? lines.map((line) => Date.parse(line.split(" ", 1)[0] ?? "")) : undefined;
    });
    // Azurite hides by whole seconds.
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan((LEASE_SECONDS - 1) * 1000);
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
      fetch(`${host.baseUrl}/admin/functions/${name}`, {
        method: "POST",
        headers: { "x-functions-key": "the key" },
        ...init,
      }).then((response) => response.status);
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

describe("a message of a poison queue", () => {
  it("is run five times, and never again", async () => {
    const names = ["tried", "tried-poison"];
    await Promise.all(names.map((name) => service.createQueue(name)));
    const queue = service.getQueueClient("tried-poison");
    await queue.sendMessage('{"tag":"tried in vain"}');
    for (let tries = 0; tries < 5; tries++) {
      const [message] = (await queue.receiveMessages()).receivedMessageItems;
      await queue.updateMessage(message?.messageId ?? "", message?.popReceipt ?? "", undefined, 0);
    }
    await queue.sendMessage('{"tag":"fresh"}');
    const host = await startHost("queue", {
      env: { AzureWebJobsStorage: storage.connectionString, Jobs: storage.connectionString, WORK_QUEUE: "tried" },
      args: ["--queue-lease", "1"],
    });
    const tags = (): unknown[] => host.said<Seen>("DONE").map(({ body }) => (body as { tag?: string }).tag);
    await eventually("the fresh one is done", () => tags().includes("fresh"));
    expect(await host.stop()).toBe(0);
    expect(tags()).toEqual(["fresh"]);
    const left = await eventually("the other one is visible again", async () => {
      const { receivedMessageItems } = await queue.receiveMessages();
      return receivedMessageItems[0];
    });
    expect(left.messageText).toContain("tried in vain");
    // Five in vain, at least one by the host, this one.
    expect(left.dequeueCount).toBeGreaterThanOrEqual(7);
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
