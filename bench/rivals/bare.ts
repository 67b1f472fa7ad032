import { serveRival } from "./serve-rival.ts";

/** The floor: reads the body, parses it as JSON, answers 202. */
await serveRival("bare", async (body) => {
  const parsed: unknown = JSON.parse(body.toString());
  return Array.isArray(parsed) ? parsed.length : 1;
});
