import { describeEventStore } from "../contracts/event-store.ts";
import { describeIdentityDocuments } from "../contracts/identity-documents.ts";
import { describeLedgerStore } from "../contracts/ledger-store.ts";
import { createMemoryIdentityDocuments } from "../support/memory-identity.ts";
import { createMemoryEventStore, createMemoryLedgerStore } from "../support/memory-stores.ts";

let orgs = 0;
const newOrg = (): string => `org-${++orgs}`;

describeIdentityDocuments("in memory", () => ({ documents: createMemoryIdentityDocuments(), newOrg }));
describeEventStore("in memory", () => ({ store: createMemoryEventStore(), newOrg }));
describeLedgerStore("in memory", () => ({ store: createMemoryLedgerStore(), newOrg }));
