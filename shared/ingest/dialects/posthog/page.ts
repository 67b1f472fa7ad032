import type { HttpRequest } from "@azure/functions";
import { isJsonObject } from "../../../event/event.ts";
import type { WayIn } from "../../way-in.ts";
import { findCredential } from "../find-credential.ts";
import { findToken } from "./find-token.ts";
import { readEvents, timeOf, toBatch } from "./read-batch.ts";
import { fromForm } from "./read-form.ts";

/**
 * What PostHog's SDK of pages sends: `POST /e/` and `POST /i/v0/e/`. JSON, the same in gzip (which its bytes tell), or
 * a form with base64. It takes 200 alone for success; what is refused by a 4xx it drops, a 429 too.
 */
export const posthogPage: WayIn = {
  credentialOf: (request, readSent) => findCredential(request, readSent, findToken),
  read: async (body, request, limits, turns) => {
    const read = await readEvents(fromForm(body), turns);
    return toBatch(read, sentAtOf(request, read.around ?? read.document.json), limits.events);
  },
  answer: (batch) => ({ status: 200, body: { status: "Ok", ...batch } }),
};

/** In the body; of older versions in the query, in ms, as `_` or `sent_at`. */
function sentAtOf({ url }: HttpRequest, json: unknown): number | undefined {
  const inBody = isJsonObject(json) ? timeOf(json.sent_at) : undefined;
  if (inBody !== undefined || !url.includes("?")) return inBody;
  const { searchParams } = new URL(url);
  const sent = searchParams.get("sent_at") ?? searchParams.get("_") ?? "";
  return /^\d{1,14}$/.test(sent) ? Number(sent) : timeOf(sent);
}
