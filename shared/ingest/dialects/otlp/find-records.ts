import { isJsonObject, type JsonObject } from "../../../event/event.ts";
import type { LogRecord } from "./translate-record.ts";

/** The log records of a request; what is none where one is expected stays as it is. */
export function findRecords({ resourceLogs, ...request }: JsonObject): readonly (LogRecord | unknown)[] {
  return objectsOf(resourceLogs).flatMap(({ resource, scopeLogs, ...ofResource }) =>
    objectsOf(scopeLogs).flatMap(({ scope, logRecords, ...ofScope }) => {
      const around = {
        resource: isJsonObject(resource) ? resource : {},
        scope: isJsonObject(scope) ? scope : {},
        beside: { ...request, ...prefix("resource", ofResource), ...prefix("scope", ofScope) },
      };
      const records: readonly unknown[] = Array.isArray(logRecords) ? logRecords : [];
      return records.map((record) => (isJsonObject(record) ? { record, ...around } : record));
    }),
  );
}

function objectsOf(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function prefix(name: string, members: JsonObject): JsonObject {
  return Object.keys(members).length === 0 ? {} : { [name]: members };
}
