import { type QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { SHUT_DOWN_CODE } from "@headrace/emulators/functions-host/shut-down-code.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createFaultSource } from "../../../local/launcher/faults/fault-source.ts";
import { type StorageProxy, startStorageProxy } from "../../../local/launcher/faults/storage-proxy.ts";
import { eventually, type HostProcess, type Storage, startBroken, startHost, startStorage } from "./support.ts";

const SAID = "An unhandled exception has occurred. Host is shutting down.";

interface Seen {
  readonly body: unknown;
  readonly metadata: { readonly dequeueCount: number };
}

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

const faults = createFaultSource(1);
let proxy: StorageProxy;
let jobs: QueueClient;
beforeEach(async ({ task }) => {
  const queueEndpoint = /QueueEndpoint=([^;]+)/.exec(storage.connectionString)?.[1] ?? "";
  proxy = await startStorageProxy(new URL(queueEndpoint), faults);
  onTestFinished(() => proxy.close());
  const service = QueueServiceClient.fromConnectionString(storage.connectionString);
  jobs = service.getQueueClient(`jobs-${task.id.replaceAll(/[^a-z0-9]/g, "")}`);
  await jobs.create();
});

/** A host that reaches the queues through the proxy. */
async function start(settings: Readonly<Record<string, string>> = {}): Promise<HostProcess> {
  const { port, protocol, host: real } = new URL(/QueueEndpoint=([^;]+)/.exec(storage.connectionString)?.[1] ?? "");
  const throughProxy = storage.connectionString.replace(`${protocol}//${real}`, `http://127.0.0.1:${proxy.port}`);
  expect(port).not.toBe(String(proxy.port));
  const host = await startHost("queue", {
    env: { AzureWebJobsStorage: throughProxy, Jobs: throughProxy, WORK_QUEUE: jobs.name, ...settings },
    args: ["--queue-lease", "2", "--queue-retry", "0.05"],
  });
  onTestFinished(() => host.kill());
  return host;
}

const seen = (host: HostProcess): Seen[] => host.said<Seen>("SEEN");

describe("a host that polls a queue", () => {
  it("shuts itself down on a 403, and the work in flight stays hidden, with one try used", async () => {
    const host = await start();
    await jobs.sendMessage('{"sleep":20000}');
    await eventually("it is seen", () => seen(host).length > 0);
    proxy.refuse(true);
    expect(await host.exited).toBe(SHUT_DOWN_CODE);
    expect(host.lines.join("\n")).toMatch(new RegExp(`${SAID}.*403`));
    expect(host.said("DONE")).toEqual([]);
    proxy.refuse(false);
    const next = await start();
    await eventually("the next host has it", () => seen(next).length > 0);
    expect(seen(next)[0]?.metadata.dequeueCount).toBe(2);
  });

  it("shuts itself down when the queue cannot be reached for as long as the SDK tries", async () => {
    const host = await start();
    proxy.close();
    expect(await host.exited).toBe(SHUT_DOWN_CODE);
    expect(host.lines.join("\n")).toContain(SAID);
  });

  it("shuts itself down when there is no token to ask with", async () => {
    const queueServiceUri = "https://127.0.0.1:1/account";
    const { code, log } = await startBroken("queue", {
      env: {
        AzureWebJobsStorage__queueServiceUri: queueServiceUri,
        Jobs__queueServiceUri: queueServiceUri,
        WORK_QUEUE: jobs.name,
        IDENTITY_ENDPOINT: "http://127.0.0.1:1/msi/token",
        IDENTITY_HEADER: "none",
      },
    });
    expect(code).toBe(SHUT_DOWN_CODE);
    expect(log).toContain(SAID);
  });

  it("waits out a 503, however long it lasts", async () => {
    const host = await start();
    faults.set({ unavailable: 1 });
    onTestFinished(() => faults.set({}));
    await eventually("a poll was given up", () => host.lines.some((line) => line.includes("Cannot read")));
    faults.set({});
    await jobs.sendMessage('{"tag":"after"}');
    await eventually("the message is seen", () => seen(host).length > 0);
    expect(await host.stop()).toBe(0);
  });
});

describe("a run that takes longer than functionTimeout", () => {
  it("ends the worker with all that it has in hand, with one try used", async () => {
    const host = await start({ AzureFunctionsJobHost__functionTimeout: "00:00:01" });
    await Promise.all(["hangs", "beside"].map((tag) => jobs.sendMessage(JSON.stringify({ tag, sleep: 20_000 }))));
    expect(await host.exited).toBe(SHUT_DOWN_CODE);
    expect(host.lines.join("\n")).toContain("Timeout value of 1000 ms was exceeded by function: Functions.work");
    expect(host.said("DONE")).toEqual([]);
    const next = await start();
    await eventually("the next host has both", () => seen(next).length === 2);
    expect(seen(next).map(({ metadata }) => metadata.dequeueCount)).toEqual([2, 2]);
  });
});
