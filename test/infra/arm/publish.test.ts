import { createHash } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { publish } from "../../../infra/arm/publish.ts";
import { type Release, readPackage } from "../../../infra/arm/read-package.ts";
import { createSend } from "../../../infra/arm/send.ts";
import { armError, type Part, TOKEN } from "../support/arm-server.ts";
import { createSite } from "../support/arm-site.ts";
import { APP_ID, startArmWorld } from "../support/arm-world.ts";
import { createBlobHost, storageError } from "../support/blob-host.ts";
import { makePackage, makeZip } from "../support/make-zip.ts";

const hostName = "fde-headrace-dev-abcde.z01.azurefd.net";
const url = "https://releases.example.com/headrace-0.2.0.zip";
const blobHost = "stpkgheadracedevabcde.blob.core.windows.net";
const containerUrl = `https://${blobHost}/packages`;
const bundle = makePackage("0.2.0+4f2a91c0");
const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const release: Release = { version: "0.2.0", sha256: hashOf(bundle), source: { url } };

type SiteOptions = Partial<Pick<Parameters<typeof createSite>[0], "forbiddenFor" | "slowFor">>;

async function start(options: SiteOptions = {}, offered: Buffer = bundle) {
  const blobs = createBlobHost(blobHost);
  // An address without a signature is public: no storage account is.
  const fetchPackage = (uri: string) => (uri === url ? offered : blobs.read(uri, world.world.now()));
  const site = createSite({ appId: APP_ID, fetchPackage, ...options });
  const releases: Part = ({ host, path, headers }) => {
    if (host !== new URL(url).host || headers.authorization !== undefined) return undefined;
    return path === new URL(url).pathname ? { status: 200, body: offered } : undefined;
  };
  const world = await startArmWorld([site.part, blobs.part, releases]);
  const storage = createSend(world.world, async () => TOKEN);
  const run = async (what = release) => {
    const pack = await readPackage(world.world, what);
    const offer = "url" in what.source ? what.source : { containerUrl };
    await publish({ ...world, storage }, { appId: APP_ID, hostName, pack, offer });
  };
  const puts = () => world.server.asked.filter(({ method }) => method === "PUT");
  return { ...world, site, blobs, run, puts };
}

async function asFile(bytes: Buffer): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "publish-")), "headrace.zip");
  await writeFile(file, bytes);
  return file;
}

test("a public release is deployed by its address, and waited for until clients get it", async () => {
  const { run, site, puts, log } = await start({ slowFor: 12 });
  await run();
  expect(site.deployed).toEqual(["0.2.0+4f2a91c0"]);
  expect(puts().map(({ path, body }) => [path, JSON.parse(body.toString())])).toEqual([
    [`${APP_ID}/extensions/onedeploy`, { properties: { packageUri: url, remoteBuild: false } }],
  ]);
  expect(log.at(-1)).toBe(`${hostName} serves 0.2.0+4f2a91c0`);
});

test("a package of another hash is not sent anywhere", async () => {
  const { run, server } = await start({}, makePackage("0.2.0+evil"));
  await expect(run()).rejects.toThrow(
    /^Nothing was published\. headrace:release\.sha256: https:\/\/releases.*\.zip has the SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}\.$/,
  );
  expect(server.asked.map(({ method }) => method)).toEqual(["GET"]);
});

test("a package of another version than the configuration says is refused", async () => {
  const other = makePackage("0.3.0+4f2a91c0");
  const { run } = await start({}, other);
  await expect(run({ ...release, sha256: hashOf(other) })).rejects.toThrow(
    "headrace:release.version: https://releases.example.com/headrace-0.2.0.zip is version 0.3.0+4f2a91c0, not 0.2.0.",
  );
});

test.each([
  [
    "a folder that holds the package",
    makeZip({ "dist/package.json": '{"version":"0.2.0"}' }),
    "zip what is in dist, not dist itself",
  ],
  ["something that is not a zip", Buffer.from("<html>404</html>"), "it is not a zip"],
  ["a zip that was cut off", bundle.subarray(60), "directory is damaged"],
])("%s is refused, with what to do", async (_, bytes, message) => {
  const { run, puts } = await start({}, bytes);
  await expect(run({ ...release, sha256: hashOf(bytes) })).rejects.toThrow(message);
  expect(puts()).toEqual([]);
});

test("a release that is not there names the key", async () => {
  const { run, server } = await start();
  server.trouble("GET", /headrace-0/, { status: 404, body: "Not Found" });
  await expect(run()).rejects.toThrow(
    `Could not fetch the package from ${url}: 404 Not Found. Write the address of a release that is there in headrace:release.url.`,
  );
});

test("a file goes into its own account with the deployer's token, and is read by a signature of an hour that no log has", async () => {
  const { run, site, blobs, puts, log, world } = await start();
  await run({ ...release, source: { file: await asFile(bundle) } });
  expect(site.deployed).toEqual(["0.2.0+4f2a91c0"]);
  expect([...blobs.blobs.keys()]).toEqual([`/packages/${release.sha256}.zip`]);

  const { properties } = JSON.parse(puts().at(-1)?.body.toString() ?? "") as { properties: { packageUri: string } };
  const { searchParams } = new URL(properties.packageUri);
  expect(searchParams.get("sp")).toBe("r");
  expect(searchParams.get("spr")).toBe("https");
  const left = Date.parse(searchParams.get("se") ?? "") - world.now();
  expect(left).toBeGreaterThan(50 * 60_000);
  expect(left).toBeLessThanOrEqual(60 * 60_000);
  expect(blobs.read(properties.packageUri, world.now() + 61 * 60_000)).toBeUndefined();
  expect(log.join("\n")).not.toContain("sig=");
});

test("an error of Azure that repeats the signed address is told without the signature", async () => {
  const { run, blobs } = await start();
  const file = await asFile(bundle);
  blobs.read = () => undefined;
  const error = await run({ ...release, source: { file } }).catch(String);
  expect(error).toContain(
    `400 BadRequest Failed to download package from '${containerUrl}/${release.sha256}.zip?(signature left out)'`,
  );
  expect(error).not.toContain("sig=");
});

test("a file that is not there names the key", async () => {
  const { run } = await start();
  await expect(run({ ...release, source: { file: "/nowhere/headrace.zip" } })).rejects.toThrow(
    "headrace:release.upload.file: /nowhere/headrace.zip cannot be read (ENOENT)",
  );
});

test("storage says 403 until the deployer's role is known there: it is tried again for half an hour", async () => {
  const { run, server, site, minutes } = await start();
  server.trouble("PUT", /packages/, storageError(403, "AuthorizationPermissionMismatch"), 30);
  await run({ ...release, source: { file: await asFile(bundle) } });
  expect(site.deployed).toHaveLength(1);
  expect(minutes()).toBeGreaterThan(10);
});

test("storage that says 403 for longer ends it, with the keys to look at", async () => {
  const { run, server, minutes } = await start();
  server.trouble("PUT", /packages/, storageError(403, "AuthorizationFailure"), 9999);
  await expect(run({ ...release, source: { file: await asFile(bundle) } })).rejects.toThrow(
    /403 AuthorizationFailure AuthorizationFailure it is\. Write the address that the deployer is seen with in headrace:release\.upload\.from/,
  );
  expect(minutes()).toBeGreaterThan(29);
  expect(minutes()).toBeLessThan(31);
});

test("a deployment that fails with 403 since the app's role is young is tried again", async () => {
  const { run, site, minutes } = await start({ forbiddenFor: 8 });
  await run();
  expect(site.deployed).toEqual(["0.2.0+4f2a91c0"]);
  expect(minutes()).toBeGreaterThan(5);
});

test("ARM's own 403 is tried again for half an hour and then told, with the role", async () => {
  const { run, server, minutes } = await start();
  server.trouble("PUT", /onedeploy/, armError(403, "AuthorizationFailed", "No."), 9999);
  await expect(run()).rejects.toThrow(
    "Could not publish to func-headrace-dev: 403 AuthorizationFailed No. Give the deployer a role with Microsoft.Web/sites/extensions/write",
  );
  expect(minutes()).toBeGreaterThan(29);
  expect(minutes()).toBeLessThan(31);
});

test("a deployment that fails at its end fails the publication, with the platform's words", async () => {
  const { run, site } = await start();
  site.failAtEnd = true;
  await expect(run()).rejects.toThrow(
    "Could not publish to func-headrace-dev: the deployment failed (The package could not be mounted.). See the app's deployment log",
  );
  site.failAtEnd = false;
  await run();
  expect(site.deployed).toEqual(["0.2.0+4f2a91c0"]);
});

test("another deployment is under way: 409 is waited for", async () => {
  const { run, server, site } = await start();
  server.trouble("PUT", /onedeploy/, armError(409, "Conflict", "Another deployment is in progress."), 3);
  await run();
  expect(site.deployed).toHaveLength(1);
});

test("the old version goes on answering: it is not taken for the new one", async () => {
  const { run, site } = await start();
  Object.defineProperty(site, "version", { get: () => "0.1.0+0000", set: () => undefined });
  await expect(run()).rejects.toThrow(
    `The package was published, and https://${hostName}/api/health/ready did not give version 0.2.0+4f2a91c0 within 45 minutes: ` +
      "it answers 200 with version 0.1.0+0000.",
  );
});

test("the new version answers and is not ready: the error names what does not answer it", async () => {
  const { run, site } = await start();
  site.ill = ["cosmos"];
  await expect(run()).rejects.toThrow("it answers 503 with version 0.2.0+4f2a91c0, and cosmos not answering.");
});

test("Front Door that never gets through says so", async () => {
  const { run } = await start({ slowFor: 9999 });
  await expect(run()).rejects.toThrow("it answers 503 without a word of the app's.");
});

test("an app of before this answer, without a version, is not taken for the new one", async () => {
  const { run, server } = await start();
  server.trouble("GET", /ready/, { status: 200, body: { status: "ready", checks: [] } }, 9999);
  await expect(run()).rejects.toThrow("it answers 200 with version none.");
});

test("a second run deploys the same again and ends the same", async () => {
  const { run, site } = await start();
  await run();
  await run();
  expect(site.deployed).toEqual(["0.2.0+4f2a91c0", "0.2.0+4f2a91c0"]);
});
