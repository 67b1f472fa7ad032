import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Part, TOKEN } from "../support/arm-server.ts";
import { startArmWorld } from "../support/arm-world.ts";
import { makePackage } from "../support/make-zip.ts";

const main = fileURLToPath(new URL("../../../infra/arm/main.ts", import.meta.url));
const hostName = "fde-headrace-dev-abcde.z01.azurefd.net";
const bundle = makePackage("0.2.0+4f2a91c0");
const sha256 = createHash("sha256").update(bundle).digest("hex");

/** The app's own `scm`, whose deployments end in a state of Kudu's, and Front Door in front of the app. */
async function start(end = 4) {
  const posted: Buffer[] = [];
  let looks = 0;
  const scm: Part = ({ host, method, path, headers, body }) => {
    if (host !== "func-headrace-dev.scm.azurewebsites.net") return undefined;
    if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401 };
    if (method === "POST" && path === "/api/publish") {
      posted.push(body);
      return { status: 202, body: "5a1e" };
    }
    if (path !== "/api/deployments/latest") return undefined;
    return looks++ < 2
      ? { status: 200, body: { status: 1 } }
      : { status: 200, body: { status: end, status_text: "No space." } };
  };
  const edge: Part = ({ host, path }) => {
    if (host !== hostName || path !== "/api/health/ready") return undefined;
    return { status: 200, body: { status: "ready", version: posted.length > 0 ? "0.2.0+4f2a91c0" : "0.1.0+0000" } };
  };
  return { posted, ...(await startArmWorld([scm, edge])) };
}

async function run(args: string[], env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env } });
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stderr.on("data", (chunk) => (said += chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, said };
}

async function publishFile(url: string, hash = sha256) {
  const file = join(await mkdtemp(join(tmpdir(), "inside-")), "headrace.zip");
  await writeFile(file, bundle);
  const args = [
    "--app",
    "func-headrace-dev",
    "--host",
    hostName,
    "--version",
    "0.2.0",
    "--sha256",
    hash,
    "--file",
    file,
  ];
  return run(args, { HEADRACE_ARM_URL: url, AZURE_ACCESS_TOKEN: TOKEN });
}

test("infra:publish posts the package and ends when clients are served by it", async () => {
  const { server, posted } = await start();
  server.trouble("POST", /publish/, { status: 403, body: "Ip Forbidden" }, 3);
  const { code, said } = await publishFile(server.url);
  expect(said).toContain(`${hostName} serves 0.2.0+4f2a91c0`);
  expect(code).toBe(0);
  expect(posted).toHaveLength(1);
  expect(posted[0]?.equals(bundle)).toBe(true);
  const { query } = server.asked.find(({ method }) => method === "POST") ?? {};
  expect(Object.fromEntries(query ?? [])).toEqual({ RemoteBuild: "false", Deployer: "headrace" });
});

test("a package of another hash is not posted", async () => {
  const { server, posted } = await start();
  const { code, said } = await publishFile(server.url, "0".repeat(64));
  expect({ code, posted }).toEqual({ code: 1, posted: [] });
  expect(said).toMatch(/^Nothing was published\. headrace:release\.sha256: .* has the SHA-256/);
});

test("a deployment that fails at its end is an error with the platform's words", async () => {
  const { server } = await start(3);
  const { code, said } = await publishFile(server.url);
  expect(code).toBe(1);
  expect(said).toContain("the deployment failed (No space.)");
});

test.each([
  [[], {}, "write --url or --file, one of them"],
  [["--url", "https://x"], {}, "AZURE_ACCESS_TOKEN is not set"],
  [["--url", "https://x"], { AZURE_ACCESS_TOKEN: "t" }, "--version is missing"],
])("%j without the rest says what is missing, and how it is called", async (args, env, message) => {
  const { code, said } = await run(args, { AZURE_ACCESS_TOKEN: "", ...env });
  expect(code).toBe(2);
  expect(said).toContain(`${message}\n\nusage: npm run infra:publish`);
});
