import { packContent } from "../../shared/envelope/content.ts";
import { checkEvent } from "../../shared/ingest/check-event.ts";
import { parseBody } from "../../shared/ingest/parse-body.ts";
import { unpackBody } from "../../shared/ingest/unpack-body.ts";
import { takeTurns } from "../../shared/runtime/turn.ts";
import { serveRival } from "./serve-rival.ts";

const MAX_BYTES = 20 * 1024 * 1024;
const LIMITS = { events: 5_000, eventBytes: 256 * 1024 };

/**
 * The work that no event ingestion can leave out, by the product's own functions: unpack, parse, validate, compress.
 */
await serveRival("necessary", async (sent, encoding) => {
  const { events } = await parseBody(await unpackBody(sent, encoding, MAX_BYTES), LIMITS, takeTurns());
  const items = events.map((raw) => {
    const checked = "value" in raw ? checkEvent(raw.value) : undefined;
    if (!checked || "problem" in checked) throw new Error("the load sends valid events only");
    return JSON.stringify(checked.event);
  });
  const { body } = await packContent(items);
  return body.length > 0 ? items.length : 0;
});
