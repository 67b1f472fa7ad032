import { createHmac, timingSafeEqual } from "node:crypto";
import { type Answer, type Asked, type Part, TOKEN } from "./arm-server.ts";

export interface BlobHost {
  readonly part: Part;
  readonly blobs: Map<string, Buffer>;
  /** As whoever has this address reads it: undefined unless its signature and its time are good. */
  read(uri: string, now: number): Buffer | undefined;
}

const OID = "22222222-2222-4222-8222-222222222222";
const TID = "11111111-1111-4111-8111-111111111111";
const KEY = Buffer.alloc(32, 7);

/** A storage account that knows no key of its own: blobs are put with a token, and read with a user-delegation SAS. */
export function createBlobHost(host: string): BlobHost {
  const blobs = new Map<string, Buffer>();
  const account = host.split(".")[0];

  const put = ({ path, body, headers }: Asked): Answer => {
    if (headers["x-ms-blob-type"] !== "BlockBlob") return storageError(400, "MissingRequiredHeader");
    blobs.set(path, body);
    return { status: 201 };
  };
  const delegate = ({ body }: Asked): Answer => {
    const [, start = "", expiry = ""] = /<Start>(.*)<\/Start><Expiry>(.*)<\/Expiry>/.exec(body.toString()) ?? [];
    const fields = {
      SignedOid: OID,
      SignedTid: TID,
      SignedStart: start,
      SignedExpiry: expiry,
      SignedService: "b",
      SignedVersion: "2022-11-02",
    };
    const xml = Object.entries({ ...fields, Value: KEY.toString("base64") }).map(
      ([name, value]) => `<${name}>${value}</${name}>`,
    );
    return {
      status: 200,
      body: `<?xml version="1.0" encoding="utf-8"?><UserDelegationKey>${xml.join("")}</UserDelegationKey>`,
    };
  };
  return {
    blobs,
    part: (asked) => {
      if (asked.host !== host) return undefined;
      if (asked.headers.authorization !== `Bearer ${TOKEN}`) return storageError(401, "NoAuthenticationInformation");
      if (asked.headers["x-ms-version"] === undefined) return storageError(400, "MissingRequiredHeader");
      if (asked.method === "POST" && asked.query.get("comp") === "userdelegationkey") return delegate(asked);
      return asked.method === "PUT" ? put(asked) : undefined;
    },
    read: (uri, now) => {
      const url = new URL(uri);
      if (url.host !== host || !isGood(url, `/blob/${account}${url.pathname}`, now)) return undefined;
      return blobs.get(url.pathname);
    },
  };
}

/** "Create a user delegation SAS": the string that is signed, as of version 2020-12-06. */
function isGood({ searchParams: query }: URL, resource: string, now: number): boolean {
  const of = (name: string): string => query.get(name) ?? "";
  const toSign = [
    ...[of("sp"), of("st"), of("se"), resource, of("skoid"), of("sktid"), of("skt"), of("ske"), of("sks"), of("skv")],
    ...["", "", "", of("sip"), of("spr"), of("sv"), of("sr"), "", "", "", "", "", "", ""],
  ].join("\n");
  const signature = createHmac("sha256", KEY).update(toSign).digest();
  const given = Buffer.from(of("sig"), "base64");
  return given.length === signature.length && timingSafeEqual(given, signature) && Date.parse(of("se")) > now;
}

export function storageError(status: number, code: string): Answer {
  return {
    status,
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code} it is.\nRequestId:1</Message></Error>`,
  };
}
