import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../support/until.ts";
import { isAlive, type ReadyLine, startReady } from "./start-support.ts";
import { makeFolder } from "./support.ts";

/** A state folder that is a disk of its own, for the launcher and what it starts. */
const ownDisk = (folder: string): string[] => [
  ...["unshare", "--user", "--map-root-user", "--mount"],
  ...["sh", "-c", 'mount -t tmpfs -o size=64m headrace "$0" && exec "$@"', folder],
];

/** Leaves no byte free. */
function fill(file: string): void {
  const target = openSync(file, "w");
  for (let bytes = 1 << 20; bytes >= 1; bytes >>= 1) {
    try {
      for (;;) if (writeSync(target, Buffer.alloc(bytes)) < bytes) break;
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
    }
  }
  closeSync(target);
}

/** The receipt of two events, or the status of the answer that says that they were not taken. */
async function post({ baseUrl, orgs: [org] }: ReadyLine): Promise<string | number> {
  const answer = await fetch(`${baseUrl}/api/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${org?.apiKey}`, "content-type": "application/json" },
    body: '[{"event_type":"t"},{"event_type":"u"}]',
  });
  return answer.status === 202 ? ((await answer.json()) as { receipt_id: string }).receipt_id : answer.status;
}

async function isSettled({ baseUrl, orgs: [org] }: ReadyLine, id: string): Promise<true | undefined> {
  const headers = { authorization: `Bearer ${org?.apiKey}` };
  const answer = await fetch(`${baseUrl}/api/v1/receipts/${id}`, { headers });
  const receipt = (await answer.json()) as { status?: unknown };
  if (receipt.status !== "settled") return undefined;
  expect(receipt).toMatchObject({ stored: 2 });
  return true;
}

test("a full disk ends neither the launcher nor a service; it is said once, and what was accepted is stored later", {
  timeout: 300_000,
}, async () => {
  const state = makeFolder();
  const { command, ready } = await startReady(state, [], undefined, ownDisk(state));
  const receipts: string[] = [];
  const send = async (): Promise<string | number> => {
    const answer = await post(ready);
    if (typeof answer === "string") receipts.push(answer);
    return answer;
  };
  const settle = async (): Promise<void> => {
    // The delay of what was put back has grown with the time that the disk was full.
    for (const receipt of receipts) await until(() => isSettled(ready, receipt), 120_000);
  };
  expect(await send()).toEqual(expect.any(String));
  await settle();

  const ballast = join(`/proc/${command.child.pid}/root`, state, "ballast");
  fill(ballast);
  // While nobody sends anything, nothing is written for minutes.
  await until(async () => {
    await send();
    return command.stderr().includes("cannot be written (ENOSPC, its disk is full)") ? true : undefined;
  });

  // All is settled when the host ends: an item that is being persisted then would be hidden for ten minutes.
  rmSync(ballast);
  await settle();
  fill(ballast);
  // The host opens its log anew on the full disk, and what it runs as cannot be recorded.
  await fetch(`${ready.baseUrl}/exit/75`).catch(() => undefined);
  await until(async () =>
    (await fetch(`${ready.baseUrl}/api/health/live`).catch(() => undefined))?.ok ? true : undefined,
  );
  for (let i = 0; i < 20; i++) expect([expect.any(String), 503]).toContainEqual(await send());
  const { "functions-host": _host, ...others } = ready.pids;
  for (const [name, pid] of Object.entries(others)) expect([name, isAlive(pid)]).toEqual([name, true]);

  rmSync(ballast);
  await until(async () => (typeof (await send()) === "string" ? true : undefined));
  await settle();
  command.child.kill("SIGINT");
  const { code, stderr } = await command.finished;
  expect(code).toBe(0);
  expect(stderr.split("cannot be written (ENOSPC")).toHaveLength(2);
});
