import type { QueueName } from "../../shared/pipeline/work-queue.ts";
import { createMemoryClaimStore } from "../support/memory-claim-store.ts";
import { createMemoryEventStream } from "../support/memory-event-stream.ts";
import { createMemoryIdentityDocuments, type IdentityContainer } from "../support/memory-identity.ts";
import { createMemoryIdentityStore } from "../support/memory-identity-store.ts";
import { createMemoryJobStore } from "../support/memory-job-store.ts";
import { createMemoryLease } from "../support/memory-lease.ts";
import { createMemoryLedgerStore } from "../support/memory-ledger-store.ts";
import { createMemoryNewerFormats } from "../support/memory-newer-formats.ts";
import { createMemoryOrgStateStore } from "../support/memory-org-state-store.ts";
import { createMemoryQuarantineStore } from "../support/memory-quarantine-store.ts";
import { createMemoryRevocationStore } from "../support/memory-revocation-store.ts";
import { createMemorySecretVault } from "../support/memory-secret-vault.ts";
import { type MemoryService, never } from "../support/memory-service.ts";
import { createMemoryEventStore } from "../support/memory-stores.ts";
import { createMemoryTimerRuns } from "../support/memory-timer-runs.ts";
import { createMemoryVersionUse } from "../support/memory-version-use.ts";
import { createMemoryWorkQueue } from "../support/memory-work-queue.ts";
import { describeClaimStore } from "./claim-store.ts";
import { describeEventStore } from "./event-store.ts";
import { describeEventStream } from "./event-stream.ts";
import { describeIdentityDocuments } from "./identity-documents.ts";
import { describeIdentityStore } from "./identity-store.ts";
import { describeJobStore } from "./job-store.ts";
import { describeLease } from "./lease.ts";
import { describeLedgerStore } from "./ledger-store.ts";
import { describeNewerFormats } from "./newer-formats.ts";
import { describeOrgStateStore } from "./org-state-store.ts";
import { describeQuarantineStore } from "./quarantine-store.ts";
import { describeRevocationStore } from "./revocation-store.ts";
import { describeSecretVault } from "./secret-vault.ts";
import { describeTimerRuns } from "./timer-runs.ts";
import { describeVersionUse } from "./version-use.ts";
import { describeWorkQueue } from "./work-queue.ts";

const away = <S extends MemoryService>(service: S): S => Object.assign(service, { away: true });
const silent = <S extends MemoryService>(service: S): S => Object.assign(service, { hanging: never });

describeEventStore("in memory", createMemoryEventStore);
describeLedgerStore("in memory", createMemoryLedgerStore);
describeIdentityDocuments("in memory", createMemoryIdentityDocuments);
describeSecretVault("in memory", async () => createMemorySecretVault(Date.now));

describeTimerRuns("in memory", {
  openEmpty: async () => createMemoryTimerRuns(),
  openAway: async () => away(createMemoryTimerRuns()),
});

describeJobStore("in memory", {
  open: async () => createMemoryJobStore(),
  openAway: async () => away(createMemoryJobStore()),
});

describeVersionUse("in memory", {
  open: async () => createMemoryVersionUse(),
  openAway: async () => away(createMemoryVersionUse()),
});

describeNewerFormats("in memory", {
  open: async () => createMemoryNewerFormats(),
  openAway: async () => away(createMemoryNewerFormats()),
});

describeClaimStore("in memory", {
  open: async () => createMemoryClaimStore(),
  openAway: async () => away(createMemoryClaimStore()),
  openSilent: async () => silent(createMemoryClaimStore()),
});

describeWorkQueue("in memory", {
  openEmpty: async () => {
    const queue = createMemoryWorkQueue();
    const receive = async (wanted: QueueName = "work") => {
      const visible = queue.messages.findIndex(({ lane, visibleAt }) => lane === wanted && visibleAt <= Date.now());
      const [message] = visible === -1 ? [] : queue.messages.splice(visible, 1);
      return message && { text: message.text, expiresOn: undefined };
    };
    return { queue, receive };
  },
  openAway: async () => away(createMemoryWorkQueue()),
  openSilent: async () => silent(createMemoryWorkQueue()),
});

describeEventStream("in memory", {
  openEmpty: async () => {
    const stream = createMemoryEventStream();
    return { stream, readAll: async () => stream.published };
  },
  openAway: async () => {
    const stream = away(createMemoryEventStream());
    const comeBack = async (): Promise<void> => {
      stream.away = false;
    };
    return { stream, comeBack, readAll: async () => stream.published };
  },
  openSilent: async () => silent(createMemoryEventStream()),
});

describeQuarantineStore("in memory", {
  open: async () => createMemoryQuarantineStore(),
  openAway: async () => away(createMemoryQuarantineStore()),
});

describeRevocationStore("in memory", {
  open: async () => createMemoryRevocationStore(),
  openAway: async () => away(createMemoryRevocationStore()),
});

describeIdentityStore("in memory", {
  open: async () => {
    const container: IdentityContainer = new Map();
    return { store: createMemoryIdentityStore(container), documents: createMemoryIdentityDocuments(container) };
  },
  openAway: async () => away(createMemoryIdentityStore(new Map())),
});

describeOrgStateStore("in memory", {
  open: async () => {
    const container: IdentityContainer = new Map();
    return { store: createMemoryOrgStateStore(container), documents: createMemoryIdentityDocuments(container) };
  },
  openAway: async () => createMemoryOrgStateStore(new Map(), { away: true, hanging: undefined, asked: 0 }),
});

describeLease("in memory", {
  openTwo: async () => {
    const shared = createMemoryLease();
    return [shared, shared];
  },
  openAway: async () => createMemoryLease({ away: true }),
});
