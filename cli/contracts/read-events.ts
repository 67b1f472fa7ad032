import { StackError } from "../../local/launcher/stack-error.ts";
import { type ApiOptions, callApi } from "../call-api.ts";
import { createLineMapper, type FieldMapping } from "../send/map-line.ts";
import { openSource, readLines } from "../send/read-lines.ts";
import { describeProblem } from "./registry-client.ts";

/** The `properties` of events by their type, in the order in which they came. */
export type PropertiesByType = Map<string, unknown[]>;

interface EventQuery {
  readonly from?: string;
  readonly to?: string;
  readonly types: readonly string[];
  /** Events that are read at most. */
  readonly most: number;
}

const PAGE = 1000;

/** Those of a time range, the newest first. Throws a {@link StackError} when they cannot be read. */
export async function readStoredEvents(query: EventQuery, api: ApiOptions, apiKey: string): Promise<PropertiesByType> {
  const found: PropertiesByType = new Map();
  let cursor: string | undefined;
  for (let left = query.most; left > 0; ) {
    const path = `/api/v1/events?${toParameters(query, Math.min(PAGE, left), cursor)}`;
    const answer = await callApi({ method: "GET", path, apiKey }, api);
    if (!answer.ok) throw new StackError(describeProblem(answer.problem));
    const { events, next_cursor } = answer.body as { events: Event[]; next_cursor: string | null };
    for (const { event_type, properties } of events) add(found, event_type, properties);
    left -= events.length;
    if (next_cursor === null) break;
    cursor = next_cursor;
  }
  return found;
}

interface Event {
  readonly event_type: string;
  readonly properties?: unknown;
}

function toParameters({ from, to, types }: EventQuery, limit: number, cursor: string | undefined): URLSearchParams {
  const parameters = new URLSearchParams({ select: "event_type,properties", limit: String(limit) });
  for (const [name, value] of Object.entries({ from, to, cursor }))
    if (value !== undefined) parameters.set(name, value);
  for (const type of types) parameters.append("event_type", type);
  return parameters;
}

/** Those of a file, whose fields are mapped as `headrace send` maps them. Rejects at a line that is no event. */
export async function readFileEvents(
  path: string,
  mapping: FieldMapping,
  types: readonly string[],
): Promise<PropertiesByType> {
  const found: PropertiesByType = new Map();
  const map = createLineMapper(mapping, path);
  for await (const { text, number } of readLines(openSource(path))) {
    if (text?.trim() === "") continue;
    const mapped = map(text, number);
    if ("problem" in mapped) throw new StackError(`${path}:${number} ${mapped.problem}`);
    const { event_type, properties } = JSON.parse(JSON.stringify(mapped.event)) as Event;
    if (types.length === 0 || types.includes(event_type)) add(found, String(event_type), properties);
  }
  return found;
}

/** An event may have none. */
function add(found: PropertiesByType, eventType: string, properties: unknown = {}): void {
  const list = found.get(eventType) ?? [];
  list.push(properties);
  found.set(eventType, list);
}
