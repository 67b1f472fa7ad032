import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { callApi } from "../../cli/call-api.ts";
import type { Edit } from "./edit.ts";
import type { Sender, Target } from "./senders.ts";

type Json = Readonly<Record<string, unknown>>;
/** After so long without anything new, what is missing is not on its way. */
const PATIENCE_MS = 60_000;

/** What is not as it was sent, of an org that has these edits and nothing else: a line for each. */
export async function compareEdits(edits: readonly Edit[], { idOf }: Sender, target: Target): Promise<string[]> {
  await untilStored(edits.length, target);
  const missing = new Map(edits.map((edit) => [idOf(edit), edit]));
  const wrong: string[] = [];
  for await (const event of readAll(target)) {
    const id = String(event.event_id);
    const edit = missing.get(id);
    if (!edit) wrong.push(`${id} is there twice, or was never sent`);
    else if (!isSame(edit, event)) wrong.push(`${id} is ${JSON.stringify(event)}`);
    missing.delete(id);
  }
  return [...wrong, ...[...missing.keys()].map((id) => `${id} is missing`)];
}

/** An SDK may add properties of its own. */
function isSame({ type, time, user, properties }: Edit, event: Json): boolean {
  const found = event.properties as Json;
  const [sent, stored] = [new Date(time).toISOString(), event.timestamp];
  const hasAll = Object.entries(properties).every(([name, value]) => isDeepStrictEqual(found[name], value));
  return event.event_type === type && event.user_id === user && stored === sent && hasAll;
}

async function* readAll(target: Target): AsyncGenerator<Json> {
  for (let cursor: unknown = ""; cursor !== null; ) {
    const query = cursor === "" ? "" : `&cursor=${cursor}`;
    const page = await get(`/api/v1/events?limit=1000${query}`, target);
    yield* page.events as Json[];
    cursor = page.next_cursor;
  }
}

async function untilStored(count: number, target: Target): Promise<void> {
  let [settled, moved] = [0, performance.now()];
  while (settled < count && performance.now() - moved < PATIENCE_MS) {
    const { totals } = await get("/api/v1/ledger", target);
    const now = Number((totals as Json).settled);
    if (now > settled) [settled, moved] = [now, performance.now()];
    else await sleep(200);
  }
}

async function get(path: string, { baseUrl, key: apiKey }: Target): Promise<Json> {
  const answer = await callApi({ method: "GET", path, apiKey }, { baseUrl, maxWaitMs: PATIENCE_MS });
  if (answer.ok) return answer.body;
  throw new Error(`GET ${path}: ${answer.problem.status} ${answer.problem.code}: ${answer.problem.detail}`);
}
