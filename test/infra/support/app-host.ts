import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describeLog, spawnChild } from "../../../local/launcher/child.ts";
import { freePorts } from "../../../local/launcher/ports.ts";
import { projectRoot } from "../../../local/launcher/project.ts";
import { specify } from "../../../local/launcher/specify.ts";
import type { Stack } from "../../../local/launcher/stack.ts";
import { prepareTrust } from "../../../local/launcher/trust.ts";

export interface AppHost {
  readonly baseUrl: string;
  /** What it has written so far. */
  readLog(): string;
  end(): Promise<void>;
}

let hosts = 0;

/** The app in a host of its own, with these settings and no other, beside the services of a stack. */
export async function startAppHost(stack: Stack, hostEnv: Readonly<Record<string, string>>): Promise<AppHost> {
  const context = {
    stateDir: stack.stateDir,
    ports: freePorts,
    appDir: projectRoot,
    hostEnv,
    hostArgs: ["--drain", "1"],
    cosmosArgs: [],
    clock: false,
    access: stack.access,
    trust: await prepareTrust(stack.stateDir),
  };
  const logFile = join(stack.stateDir, `logs/app-host-${++hosts}.log`);
  const child = spawnChild({ ...specify("functions-host", context), logFile });
  const { baseUrl = "" } = await child.ready;
  return {
    baseUrl,
    readLog: () => readFileSync(logFile, "utf8"),
    end: async () => {
      child.signal("SIGTERM");
      const { code } = await child.exited;
      if (code !== 0) throw new Error(`the host did not end well.${describeLog({ logFile })}`);
    },
  };
}

/**
 * The identity endpoint of an app that has user-assigned identities only, as the program makes it: who names none gets
 * no token. Gives its address.
 */
export async function startUserAssignedOnly(endpoint: string): Promise<{ endpoint: string; close(): void }> {
  const server = createServer((request, response) => {
    const { search, searchParams } = new URL(request.url ?? "/", endpoint);
    if (!searchParams.has("client_id")) {
      const message = "No System Assigned Managed Identity found";
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ statusCode: 400, message }));
      return;
    }
    const headers = { "x-identity-header": String(request.headers["x-identity-header"] ?? "") };
    fetch(`${endpoint}${search}`, { headers }).then(
      async (answer) =>
        response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text()),
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`,
    close: () => server.close(),
  };
}
