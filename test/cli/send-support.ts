import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { answerJson, makeFolder, runCommandToEnd, type StubServer, serveStub } from "./support.ts";

export const key = "hr_acme_stub";

export interface SentBatch {
  readonly events: readonly (Readonly<Record<string, unknown>> & { readonly event_id?: string })[];
}

export function readBatches(server: StubServer): SentBatch[] {
  return readBodies(server).map((text) => JSON.parse(text) as SentBatch);
}

/** The bodies as they were sent, unpacked. */
export function readBodies(server: StubServer): string[] {
  return server.requests
    .filter((request) => request.path === "/api/v1/events")
    .map((request) => {
      const encoding = request.headers["content-encoding"];
      if (encoding === "gzip") return gunzipSync(request.body).toString();
      return (encoding === "zstd" ? zstdDecompressSync(request.body) : request.body).toString();
    });
}

/** Accepts everything; receipts settle at the second question. */
export function serveAccepting(
  refuse?: (count: number) => [status: number, headers?: Record<string, string>] | undefined,
) {
  const asked = new Set<string>();
  return serveStub(({ path, body }, response, count) => {
    if (path.startsWith("/api/v1/receipts/")) {
      const accepted = Number(/r-(\d+)-/.exec(path)?.[1]);
      const settled = asked.has(path);
      asked.add(path);
      const status = settled ? "settled" : "pending";
      const counts = settled ? { stored: accepted, duplicate: 0, quarantined: 0 } : {};
      return answerJson(response, 200, { status, accepted, ...counts });
    }
    const refused = refuse?.(count);
    if (refused) {
      const [status, headers] = refused;
      const problem = {
        title: "No",
        status,
        code: `code_${status}`,
        detail: "why it was refused",
        request_id: "req-7",
      };
      return answerJson(response, status, problem, headers);
    }
    const accepted = (JSON.parse(gunzipSync(body).toString()) as SentBatch).events.length;
    return answerJson(response, 202, { receipt_id: `r-${accepted}-${count}`, accepted, duplicate: 0, quarantined: 0 });
  });
}

export function writeLines(
  name: string,
  lines: readonly unknown[],
  pack: (text: string) => string | Buffer = (text) => text,
): string {
  const folder = makeFolder();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, pack(lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n")));
  return path;
}

export function send(server: StubServer, file: string, ...flags: string[]) {
  return runCommandToEnd("send", [file, "--url", server.url, "--key", key, ...flags]);
}
