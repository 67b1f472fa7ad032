import { describeEventStore } from "../contracts/event-store.ts";
import { describeLedgerStore } from "../contracts/ledger-store.ts";
import { createMemoryEventStore, createMemoryLedgerStore } from "../support/memory-stores.ts";

let orgs = 0;
const newOrg = (): string => `org-${++orgs}`;

describeEventStore("in memory", () => ({ store: createMemoryEventStore(), newOrg }));
describeLedgerStore("in memory", () => ({ store: createMemoryLedgerStore(), newOrg }));
