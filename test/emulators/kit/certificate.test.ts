import { createPrivateKey, X509Certificate } from "node:crypto";
import { copyFile, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { ensureCertificate } from "../../../local/emulators/kit/certificate/certificate.ts";
import { makeFolder } from "../key-vault/support.ts";

const DAY_MS = 86_400_000;

test.each(["localhost", "127.0.0.1"])(
  "a client that trusts the authority reaches %s, another does not",
  async (host) => {
    const files = await ensureCertificate(await makeFolder());
    const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map((file) => readFile(file)));
    const server = createServer({ cert, key }, (_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const shake = (trusted?: Buffer): Promise<string> =>
      new Promise((resolve) => {
        const servername = host === "localhost" ? { servername: host } : {};
        const socket = connect({ host, port, ...servername, ...(trusted && { ca: trusted }) }, () => {
          resolve(socket.authorized ? "authorized" : "not authorized");
          socket.destroy();
        });
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
      });
    expect(await shake(ca)).toBe("authorized");
    expect(await shake()).toMatch(/UNABLE_TO_/);
  },
);

test("it names this machine only, and nobody holds the key of its authority", async () => {
  const folder = await makeFolder();
  const files = await ensureCertificate(folder);
  const ca = new X509Certificate(await readFile(files.ca));
  const leaf = new X509Certificate(await readFile(files.cert));
  expect(leaf.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1");
  expect([leaf.ca, ca.ca, leaf.verify(ca.publicKey), leaf.checkIssued(ca)]).toEqual([false, true, true, true]);
  expect((await readdir(folder)).sort()).toEqual(["ca.pem", "localhost-key.pem", "localhost.pem"]);
  expect(leaf.publicKey.equals(ca.publicKey)).toBe(false);
});

test("it is kept, and renewed before it expires", async () => {
  const folder = await makeFolder();
  const start = Date.parse("2026-01-01T00:00:00Z");
  const read = async (now: number): Promise<X509Certificate> =>
    new X509Certificate(await readFile((await ensureCertificate(folder, () => now)).cert));
  const first = await read(start);
  expect(first.validToDate.getTime()).toBe(start + 365 * DAY_MS);
  expect((await read(start + 300 * DAY_MS)).serialNumber).toBe(first.serialNumber);
  const second = await read(start + 310 * DAY_MS);
  expect(second.serialNumber).not.toBe(first.serialNumber);
  expect(second.validToDate.getTime()).toBe(start + 675 * DAY_MS);
});

test("it is made again when a file is missing, broken, of another pair, or not valid yet", async () => {
  const [folder, other] = [await makeFolder(), await makeFolder()];
  const files = await ensureCertificate(folder);
  const foreign = await ensureCertificate(other);
  const spoil: readonly (() => Promise<unknown>)[] = [
    () => rm(files.ca),
    () => rm(files.key),
    () => writeFile(files.cert, "half of it"),
    () => copyFile(foreign.key, files.key),
    () => copyFile(foreign.ca, files.ca),
  ];
  let serial = "";
  for (const one of spoil) {
    await one();
    await ensureCertificate(folder);
    const leaf = new X509Certificate(await readFile(files.cert));
    expect(leaf.serialNumber).not.toBe(serial);
    expect(leaf.verify(new X509Certificate(await readFile(files.ca)).publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(await readFile(files.key)))).toBe(true);
    expect((await stat(files.key)).mode & 0o777).toBe(0o600);
    serial = leaf.serialNumber;
  }
  // Made by a machine whose clock was ahead, and is right again.
  const monthAgo = Date.now() - 30 * DAY_MS;
  await ensureCertificate(folder, () => monthAgo);
  expect(new X509Certificate(await readFile(files.cert)).validFromDate.getTime()).toBeLessThan(monthAgo);
});
