import { spawn } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { request } from "node:https";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { onTestFinished } from "vitest";
import { ensureCertificate } from "../../../local/emulators/kit/certificate/certificate.ts";

const SCRIPT = createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");
const ACCOUNT = "devstoreaccount1";

export interface AzuriteAccount {
  /** Its name stands in the host, as on Azure. */
  readonly host: string;
  /** What it believes; Azurite reads the claims and not the signature. */
  readonly token: string;
  /** Whatever host is meant, this Azurite gets it. */
  readonly fetch: typeof fetch;
}

/** An Azurite that lives as long as the test, speaks TLS and takes tokens. */
export async function startAzuriteAccount(): Promise<AzuriteAccount> {
  const { ca, cert, key } = await ensureCertificate(await mkdtemp(join(tmpdir(), "azurite-")));
  const flags = ["--blobPort", "0", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"];
  const secure = ["--oauth", "basic", "--cert", cert, "--key", key];
  const child = spawn(process.execPath, [SCRIPT, ...flags, ...secure], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGTERM"));
  const port = await new Promise<number>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      const found = /successfully listen\w+ (?:on|at) \S+:(\d+)/.exec(output)?.[1];
      if (found) resolve(Number(found));
    });
    child.once("exit", (code) => reject(new Error(`azurite ended with ${code}: ${output}`)));
  });
  return {
    host: `${ACCOUNT}.blob.localhost`,
    token: unsignedToken(),
    fetch: createHostFetch(port, await readFile(ca, "utf8")),
  };
}

/** `fetch` sets the header `Host` itself; this one keeps the host that was meant, and goes to the port. */
function createHostFetch(port: number, ca: string): typeof fetch {
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const { host, pathname, search } = new URL(String(input));
      const headers = { ...Object.fromEntries(new Headers(init.headers)), host };
      const options = { host: "127.0.0.1", servername: "localhost", port, ca, path: pathname + search, headers };
      const sent = request({ ...options, method: init.method ?? "GET" }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 0 })));
      });
      sent.on("error", reject);
      const { body } = init;
      sent.end(typeof body === "string" || body instanceof Uint8Array ? body : undefined);
    });
}

function unsignedToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const tid = "11111111-1111-4111-8111-111111111111";
  const claims = {
    aud: "https://storage.azure.com",
    iss: `https://sts.windows.net/${tid}/`,
    ...{ iat: now - 60, nbf: now - 60, exp: now + 3600, ver: "1.0" },
    ...{ oid: "22222222-2222-4222-8222-222222222222", tid },
  };
  const parts = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return [...parts, "c2lnbmF0dXJl"].join(".");
}
