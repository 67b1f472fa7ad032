import { appendFileSync } from "node:fs";
import { type CosmosGate, type RequestRecord, watchRequests } from "@headrace/emulators/cosmos/gate.ts";

/** A line of the log. */
export interface LoggedRequest extends RequestRecord {
  /** Every `org_id` in the request and the answer: the orgs whose documents the request was about. */
  readonly orgs: readonly string[];
}

/**
 * Adds one line of JSON to the file for each request, written before the answer goes out: a client that has an answer
 * finds its requests in the file.
 */
export function logCosmosRequests(gate: CosmosGate, path: string): CosmosGate {
  return watchRequests((record, { body: sent }, { body: answered }) => {
    const orgs = [...new Set([...findOrgs(sent), ...findOrgs(answered)])];
    appendFileSync(path, `${JSON.stringify({ ...record, orgs } satisfies LoggedRequest)}\n`);
  }, gate);
}

/** In documents, lists of them, and the operations and results of a batch. */
function findOrgs(body: string): string[] {
  return Array.from(body.matchAll(/"org_id":"([^"]*)"/g), ([, org = ""]) => org);
}
