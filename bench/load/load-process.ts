import { fork } from "node:child_process";
import { once } from "node:events";
import type { Job, ReadJob, ReadResult, RepeatJob, RepeatResult, SendJob, SendResult } from "./job.ts";

/** The process that makes the load; one job at a time. */
export interface LoadProcess {
  readonly pid: number;
  send(job: Omit<SendJob, "kind">): Promise<SendResult>;
  read(job: Omit<ReadJob, "kind">): Promise<ReadResult>;
  repeat(job: Omit<RepeatJob, "kind">): Promise<RepeatResult>;
  close(): void;
}

export async function startLoad(): Promise<LoadProcess> {
  const child = fork(new URL("./main.ts", import.meta.url), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await once(child, "message");
  const gone = once(child, "exit").then((): never => {
    throw new Error("the load process has ended");
  });
  gone.catch(() => undefined);
  const run = async (job: Job): Promise<unknown> => {
    const answered = once(child, "message");
    child.send(job);
    const [answer] = (await Promise.race([answered, gone])) as [{ result?: unknown; error?: string }];
    if (answer.error !== undefined) throw new Error(`the load failed: ${answer.error}`);
    return answer.result;
  };
  return {
    pid: child.pid ?? 0,
    send: (job) => run({ kind: "send", ...job }) as Promise<SendResult>,
    read: (job) => run({ kind: "read", ...job }) as Promise<ReadResult>,
    repeat: (job) => run({ kind: "repeat", ...job }) as Promise<RepeatResult>,
    close: () => child.disconnect(),
  };
}
