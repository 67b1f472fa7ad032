import { createHash } from "node:crypto";
import type { Handlers } from "../http/endpoint.ts";
import { answerPage } from "../http/page.ts";
import { once } from "../runtime/once.ts";
import type { ContractOptions } from "./openapi.ts";

/** Caches ask again after this many seconds: an update is heard of soon. */
const MAX_AGE = 300;

/** What the API says of itself. The document is made when it is first asked for: an instance that ingests has none. */
export function createContractEndpoints(options: ContractOptions) {
  const make = once(async () => {
    const { makeContract } = await import("./openapi.ts");
    const contract = makeContract(options);
    const body = JSON.stringify(contract);
    return { contract, body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
  });
  const makePage = once(async () => {
    const { docsPage } = await import("./docs-page.ts");
    return answerPage(docsPage((await make()).contract));
  });
  return {
    "read-docs": makePage,
    "read-contract": async ({ request }) => {
      const { body, etag } = await make();
      const headers = { etag, "cache-control": `public, max-age=${MAX_AGE}` };
      if (isKnown(request.headers.get("if-none-match"), etag)) return { status: 304, headers };
      return { status: 200, body, headers: { ...headers, "content-type": "application/json" } };
    },
  } satisfies Partial<Handlers>;
}

/** RFC 9110, section 13.1.2: a list, compared weakly, since proxies that compress make an ETag weak. */
function isKnown(header: string | null, etag: string): boolean {
  const known = (header ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
  return known.includes("*") || known.includes(etag);
}
