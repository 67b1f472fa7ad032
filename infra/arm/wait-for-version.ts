import { z } from "zod";
import { jsonOf } from "./json.ts";
import { RequestError, withoutSignatures } from "./request-error.ts";
import { inWords, MINUTE, type World } from "./world.ts";

export interface Expected {
  /** Front Door's own: it works before any domain of the operator's does. */
  readonly hostName: string;
  readonly version: string;
}

/** A new route of Front Door takes up to half an hour to be everywhere, and a first start takes a while. */
const PATIENCE_MS = 45 * MINUTE;
const PAUSE_MS = 10_000;
const TRY_MS = 65_000;

const readyShape = z.looseObject({
  version: z.string().optional(),
  checks: z.array(z.looseObject({ name: z.string(), ok: z.boolean(), required: z.boolean().optional() })).optional(),
});

/**
 * Waits until `/api/health/ready`, asked for where clients ask, answers 200 with this version. Throws a RequestError
 * that says what it answered.
 */
export async function waitForVersion(world: World, { hostName, version }: Expected): Promise<void> {
  const deadline = world.now() + PATIENCE_MS;
  const url = `https://${hostName}/api/health/ready`;
  for (;;) {
    const seen = await look(world, url, version);
    if (seen === "ready") return;
    if (PAUSE_MS >= deadline - world.now())
      throw new RequestError(
        `The package was published, and ${url} did not give version ${version} ` +
          `within ${inWords(PATIENCE_MS)}: it ${seen}. ` +
          "docs/runbook.md has what to look at; `pulumi up` publishes and waits again.",
      );
    world.log(`${url} ${seen}; waiting for ${version}`);
    await world.sleep(PAUSE_MS);
  }
}

/** What it does instead, as a sentence's end. */
async function look(world: World, url: string, version: string): Promise<string> {
  try {
    const response = await world.fetch(url, { cache: "no-store", signal: world.timeout(TRY_MS) });
    const text = await response.text();
    const parsed = readyShape.safeParse(jsonOf(text));
    if (!parsed.success) return `answers ${response.status} without a word of the app's`;
    const { version: found = "none", checks = [] } = parsed.data;
    const ill = checks.filter(({ ok, required = true }) => !ok && required).map(({ name }) => name);
    if (ill.length > 0) return `answers ${response.status} with version ${found}, and ${ill.join(", ")} not answering`;
    return response.status === 200 && found === version ? "ready" : `answers ${response.status} with version ${found}`;
  } catch (error) {
    return `does not answer (${withoutSignatures(error instanceof Error ? error.message : String(error))})`;
  }
}
