import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know node:sqlite yet
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { findIn, findWritten } from "./find-written.ts";

const mark = "m4rkm4rk";
const pattern = /u\d{4}\.m4rkm4rk@example\.com/;
const mail = `u0001.${mark}@example.com`;
const json = write(mail);
const packed = zstdCompressSync(Buffer.from(json));

function write(address: string): string {
  return JSON.stringify({ noise: randomBytes(300).toString("hex"), mail: address });
}

it.each<readonly [string, Buffer | string]>([
  ["text", json],
  ["JSON within JSON", JSON.stringify(JSON.stringify({ a: `"${mail}"` }))],
  ["UTF-16", Buffer.from(`x${mail}`, "utf16le")],
  ["escapes of JSON", json.replace("@", "\\u0040")],
  ["escapes of a URL", encodeURIComponent(mail)],
  ["base64", `{"raw":"${Buffer.from(json).toString("base64")}"}`],
  ["base64 that begins within a run", `abcde${Buffer.from(json).toString("base64")}`],
  ["base64url", Buffer.from(json).toString("base64url")],
  ["zstd", Buffer.concat([randomBytes(50), packed, randomBytes(50)])],
  ["zstd that is cut off", Buffer.concat([packed, packed.subarray(0, packed.length - 1)])],
  ["zstd in base64 in base64", Buffer.from(`w1:0:${packed.toString("base64")}`).toString("base64")],
])("the search of what is written finds %s", async (_, written) => {
  expect([...(await findIn(Buffer.from(written), mark, pattern))]).toEqual([mail]);
});

it("it searches files and databases below a folder, but for those that are left out", async () => {
  const folder = await mkdtemp(join(tmpdir(), "headrace-find-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const database = new DatabaseSync(join(folder, "rows.sqlite"));
  database.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (body TEXT)");
  database.prepare("INSERT INTO t VALUES (?)").run(`${"x".repeat(10_000)}${json}`);
  await writeFile(join(folder, "plain"), write(mail.replace("0001", "0002")));
  await writeFile(join(folder, "left-out"), write(mail.replace("0001", "0003")));
  const found = await findWritten(folder, { mark, pattern, skip: ["left-out"] });
  database.close();
  expect([...found.keys()].sort()).toEqual([mail, mail.replace("0001", "0002")]);
});
