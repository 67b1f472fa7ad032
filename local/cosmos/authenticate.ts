import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { CosmosError } from "./errors.ts";
import type { CosmosRequest, Route } from "./request.ts";

/** Lets a request pass, or throws a {@link CosmosError} 401. */
export type Authenticate = (request: CosmosRequest, route: Route) => void;

/** Signatures with the account's key. https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources */
export function createKeyAuthentication(key: string): Authenticate {
  const secret = createSecretKey(key, "base64");
  return (request, route) => {
    const { type, sig } = readToken(request.headers.authorization);
    if (type !== "master") throw unauthorized(`The authorization type '${type}' is not accepted.`);
    const date = request.headers["x-ms-date"] ?? request.headers.date ?? "";
    // The service compares links of offers in lower case.
    const link = route.resourceType === "offers" ? route.resourceLink.toLowerCase() : route.resourceLink;
    const text = `${request.method.toLowerCase()}\n${route.signedType.toLowerCase()}\n${link}\n${date.toLowerCase()}\n\n`;
    const expected = createHmac("sha256", secret).update(text).digest();
    const given = Buffer.from(sig, "base64");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw unauthorized(
        "The input authorization token can't serve the request. The wrong key is being used or the expected payload is " +
          `not built as per the protocol. Server used the following payload to sign: '${text}'`,
      );
    }
  };
}

function readToken(header: string | undefined): { readonly type: string; readonly sig: string } {
  if (!header) throw unauthorized("Required Header authorization is missing.");
  let token = header;
  try {
    token = decodeURIComponent(header);
  } catch {
    // Read as it is: the signature will not fit.
  }
  // Not URLSearchParams, which reads the '+' of base64 as a space.
  const fields = new Map(
    token.split("&").map((field) => [field.slice(0, field.indexOf("=")), field.slice(field.indexOf("=") + 1)]),
  );
  return { type: fields.get("type") ?? "", sig: fields.get("sig") ?? "" };
}

function unauthorized(message: string): CosmosError {
  return new CosmosError(401, message);
}
