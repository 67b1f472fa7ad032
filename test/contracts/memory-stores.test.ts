import { createMemoryIdentityDocuments } from "../support/memory-identity.ts";
import { createMemoryEventStore, createMemoryLedgerStore } from "../support/memory-stores.ts";
import { describeEventStore } from "./event-store.ts";
import { describeIdentityDocuments } from "./identity-documents.ts";
import { describeLedgerStore } from "./ledger-store.ts";

let orgs = 0;
const newOrg = (): string => `org-${++orgs}`;

describeIdentityDocuments("in memory", () => ({ documents: createMemoryIdentityDocuments(), newOrg }));
describeEventStore("in memory", () => ({ store: createMemoryEventStore(), newOrg }));
describeLedgerStore("in memory", () => ({ store: createMemoryLedgerStore(), newOrg }));
