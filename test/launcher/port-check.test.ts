import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { checkPorts } from "../../local/launcher/port-check.ts";

const listening = `
  import { createServer } from "node:net";
  const server = createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

/** A process that listens, started as this script of a checkout. Gives its port. */
async function listenAs(script: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "headrace-"));
  const file = join(folder, script);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, listening);
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });
  const [port] = await once(child.stdout, "data");
  return Number(port);
}

test.each([
  ["an emulator", "local/launcher/services/key-vault.ts", "another Headrace"],
  ["an emulator of 0.1.0", "local/key-vault/main.ts", "another Headrace"],
  ["someone else's program", "local/my-vault/main.ts", "another process"],
  ["a program in a folder of the launcher's name", "local/launcher/main.ts", "another process"],
])("a port that %s has is refused, and %s is called %s", async (_, script, holder) => {
  const port = await listenAs(script);
  await expect(checkPorts({ "--key-vault-port": port })).rejects.toThrow(
    `Port ${port} (--key-vault-port) is taken by ${holder} (process `,
  );
});
