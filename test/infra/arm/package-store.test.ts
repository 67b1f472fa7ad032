import { randomBytes } from "node:crypto";
import { BlobSASPermissions, generateBlobSASQueryParameters, SASProtocol } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { signRead, storePackage } from "../../../infra/arm/package-store.ts";
import { createSend } from "../../../infra/arm/send.ts";
import { createWorld } from "../../../infra/arm/world.ts";
import { startAzuriteAccount } from "../support/azurite-account.ts";

test("the signature is the one that Microsoft's SDK makes", () => {
  const key = {
    SignedOid: "22222222-2222-4222-8222-222222222222",
    SignedTid: "11111111-1111-4111-8111-111111111111",
    SignedStart: "2026-11-29T10:00:00Z",
    SignedExpiry: "2026-11-29T11:05:00Z",
    SignedService: "b",
    SignedVersion: "2022-11-02",
    Value: randomBytes(32).toString("base64"),
  };
  const expiry = "2026-11-29T11:05:00Z";
  const theirs = generateBlobSASQueryParameters(
    {
      containerName: "packages",
      blobName: "abc.zip",
      permissions: BlobSASPermissions.parse("r"),
      protocol: SASProtocol.Https,
      expiresOn: new Date(expiry),
      version: "2022-11-02",
    },
    {
      signedObjectId: key.SignedOid,
      signedTenantId: key.SignedTid,
      signedStartsOn: new Date(key.SignedStart),
      signedExpiresOn: new Date(key.SignedExpiry),
      signedService: key.SignedService,
      signedVersion: key.SignedVersion,
      value: key.Value,
    },
    "acc",
  );
  const ours = signRead("https://acc.blob.core.windows.net/packages/abc.zip", key, expiry);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(new URLSearchParams(theirs.toString())));
});

test("a storage account that takes tokens keeps the package, and gives it to the signed address only", async () => {
  const account = await startAzuriteAccount();
  const world = { ...createWorld(() => undefined), fetch: account.fetch };
  const send = createSend(world, async () => account.token);
  const containerUrl = `https://${account.host}/packages`;
  const deadline = world.now() + 20_000;
  const headers = { "x-ms-version": "2022-11-02" };
  await send({
    what: "make the container",
    method: "PUT",
    url: `${containerUrl}?restype=container`,
    headers,
    deadline,
  });

  const bytes = Buffer.from(randomBytes(100_000));
  const uri = await storePackage({ world, send }, { containerUrl, name: "abc.zip", bytes, deadline });

  const got = await world.fetch(uri);
  expect(got.status).toBe(200);
  expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  const statusOf = async (url: string) => (await world.fetch(url)).status;
  expect(await statusOf(uri.replace("sp=r", "sp=rw"))).toBe(403);
  expect(await statusOf(uri.replace("abc.zip", "other.zip"))).toBe(403);
  expect(await statusOf(`${containerUrl}/abc.zip`)).toBeGreaterThanOrEqual(401);
});
