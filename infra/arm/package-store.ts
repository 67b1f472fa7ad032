import { createHmac } from "node:crypto";
import { RequestError } from "./request-error.ts";
import type { Send } from "./send.ts";
import { MINUTE, type World } from "./world.ts";

export interface PackageStoreDeps {
  readonly world: World;
  /** With tokens for storage. */
  readonly send: Send;
}

export interface Upload {
  /** `https://ACCOUNT.blob.core.windows.net/CONTAINER` */
  readonly containerUrl: string;
  readonly name: string;
  readonly bytes: Buffer<ArrayBuffer>;
  readonly deadline: number;
}

const VERSION = "2022-11-02";
const LIFETIME_MS = 60 * MINUTE;

/** Roles and the account's firewall take effect after minutes, half an hour at the longest. */
const trouble = {
  tryAgain: [403],
  help: {
    403:
      "Write the address that the deployer is seen with in headrace:release.upload.from, " +
      "and who it is in headrace:release.upload.principalId, then `pulumi up` again.",
  },
};

/**
 * Puts the package into its container with the deployer's own token, and gives an address that reads it for an hour: a
 * user-delegation SAS, which no key of the account is needed for. The address is a secret: it goes to ARM and nowhere
 * else. Throws a RequestError.
 */
export async function storePackage({ world, send }: PackageStoreDeps, upload: Upload): Promise<string> {
  const { containerUrl, name, bytes, deadline } = upload;
  const url = `${containerUrl}/${name}`;
  await send({
    ...trouble,
    what: `put the package into ${containerUrl}`,
    method: "PUT",
    url,
    headers: { "x-ms-version": VERSION, "x-ms-blob-type": "BlockBlob", "content-type": "application/zip" },
    body: bytes,
    deadline,
  });
  const expiry = toSeconds(world.now() + LIFETIME_MS);
  const key = await getDelegationKey({ world, send }, containerUrl, expiry, deadline);
  return `${url}?${signRead(url, key, expiry).toString()}`;
}

/** Fields of a user-delegation key ("Get User Delegation Key", learn.microsoft.com/rest/api/storageservices). */
export interface DelegationKey {
  readonly SignedOid: string;
  readonly SignedTid: string;
  readonly SignedStart: string;
  readonly SignedExpiry: string;
  readonly SignedService: string;
  readonly SignedVersion: string;
  readonly Value: string;
}

async function getDelegationKey(
  { world, send }: PackageStoreDeps,
  containerUrl: string,
  expiry: string,
  deadline: number,
): Promise<DelegationKey> {
  // The account's clock may be behind ours.
  const start = toSeconds(world.now() - 5 * MINUTE);
  const { text } = await send({
    ...trouble,
    what: `get a key that signs for the package of ${containerUrl}`,
    method: "POST",
    url: `${new URL(containerUrl).origin}/?restype=service&comp=userdelegationkey`,
    headers: { "x-ms-version": VERSION, "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="utf-8"?><KeyInfo><Start>${start}</Start><Expiry>${expiry}</Expiry></KeyInfo>`,
    deadline,
  });
  const field = (name: string): string => {
    const value = new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
    if (value !== undefined) return value;
    throw new RequestError(`Could not get a key that signs for the package: the answer has no ${name}.`);
  };
  return {
    SignedOid: field("SignedOid"),
    SignedTid: field("SignedTid"),
    SignedStart: field("SignedStart"),
    SignedExpiry: field("SignedExpiry"),
    SignedService: field("SignedService"),
    SignedVersion: field("SignedVersion"),
    Value: field("Value"),
  };
}

/** The query that lets whoever has it read this blob ("Create a user delegation SAS", version 2020-12-06 and later). */
export function signRead(blobUrl: string, key: DelegationKey, expiry: string): URLSearchParams {
  const { hostname, pathname } = new URL(blobUrl);
  const resource = `/blob/${hostname.split(".")[0]}${decodeURIComponent(pathname)}`;
  const { SignedOid, SignedTid, SignedStart, SignedExpiry, SignedService, SignedVersion, Value } = key;
  const signer = [SignedOid, SignedTid, SignedStart, SignedExpiry, SignedService, SignedVersion];
  // In this order, empty where we ask for nothing: start, users, correlation, addresses; snapshot, scope, five headers.
  const toSign = [
    "r",
    "",
    expiry,
    resource,
    ...signer,
    "",
    "",
    "",
    "",
    "https",
    VERSION,
    "b",
    ...Array<string>(7).fill(""),
  ];
  const [skoid = "", sktid = "", skt = "", ske = "", sks = "", skv = ""] = signer;
  return new URLSearchParams({
    sv: VERSION,
    sr: "b",
    sp: "r",
    se: expiry,
    spr: "https",
    ...{ skoid, sktid, skt, ske, sks, skv },
    sig: createHmac("sha256", Buffer.from(Value, "base64")).update(toSign.join("\n")).digest("base64"),
  });
}

function toSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
