import type { Container, PatchOperation } from "@azure/cosmos";
import { columnNames } from "../store/columns.ts";
import { confirmRefusals } from "../store/confirm-refusals.ts";
import { inTime, isGone, reading, type WriteAnswer, writeAnswerOfError } from "../store/cosmos.ts";
import { isReadable } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { ColumnStore, ColumnsChange, EventWithColumns } from "./column-store.ts";
import { eventsQuery, PAGE_BYTES, queryPage } from "./cosmos-find-events.ts";

/** Each is a request of its own, so that a page leaves room for others of the container. */
const AT_ONCE = 10;
const LATE: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "there was no time left to ask the store" };

const FIELDS = ["id", "timestamp", "properties", "v", "_etag", ...columnNames];

type Row = Omit<EventWithColumns, "etag" | "isNewer"> & { readonly v?: number; readonly _etag: string };

export function createCosmosColumnStore(container: Container): ColumnStore {
  return {
    list: (orgId, { eventType, after, limit }) =>
      reading((signal) => {
        const query = { from: "0000", to: "A", eventTypes: [eventType], limit, ...(after && { after }) };
        return queryPage(container, eventsQuery(orgId, query, FIELDS), limit, PAGE_BYTES, signal, toEvent);
      }),
    set: async (orgId, changes, deadline) => {
      const results: WriteResult[] = [];
      for (let i = 0; i < changes.length && !deadline.isOver(); i += AT_ONCE) {
        const some = changes.slice(i, i + AT_ONCE);
        const attempts = await Promise.all(
          some.map(async (one) => {
            const again = () => setOne(container, orgId, one);
            return { answer: await again(), again };
          }),
        );
        results.push(...(await confirmRefusals(container, attempts)));
      }
      return changes.map((_, i) => results[i] ?? LATE);
    },
  };
}

function toEvent({ _etag, v, ...row }: Row): EventWithColumns {
  return { ...row, etag: _etag, ...(!isReadable("event", { v }) && { isNewer: true }) };
}

async function setOne(container: Container, orgId: string, { id, etag, columns }: ColumnsChange): Promise<WriteAnswer> {
  const operations = Object.entries(columns).map(
    ([name, value]): PatchOperation => ({ op: "set", path: `/${name}`, value }),
  );
  try {
    const accessCondition = { type: "IfMatch", condition: etag };
    const item = container.item(id, [orgId, id]);
    await inTime((abortSignal) => item.patch({ operations }, { accessCondition, abortSignal }));
    return { status: "written" };
  } catch (error) {
    return isGone(error) ? { status: "conflict" } : writeAnswerOfError(error);
  }
}
