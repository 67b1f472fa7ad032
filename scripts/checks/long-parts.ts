/**
 * The long parts that `long.ts` lets pass, a file as `path` or a function as `path#name`, and why each is better whole.
 * Most are factories: functions of a few lines around a state that none of them has alone. An entry that is not needed
 * any more fails.
 */
export const longParts: Readonly<Record<string, string>> = {
  "local/emulators/cosmos/documents/operations.ts#createOperations":
    "a function for each operation, over the same clock and etags",
  "local/emulators/cosmos/handle-documents.ts#createDocumentHandler":
    "a handler for each kind of request, over the same store and functions of SQL",
  "local/emulators/cosmos/sql/parse-expression.ts#parseExpression":
    "a grammar: a function for each level, which call each other around one cursor",
  "local/emulators/cosmos/store/catalog.ts#createCatalog":
    "a function for each operation on databases and containers, over the same rows and open containers",
  "local/emulators/cosmos/store/document-table.ts#createTable":
    "the prepared statements of one table, each beside the others",
  "local/emulators/event-hubs/authorization.ts#createStrictAuthorization":
    "grants and links of a namespace, which all of its functions change",
  "local/emulators/event-hubs/consumer-link.ts#serveEvents":
    "the state of one link: what it holds back, whether it is scheduled, draining, ended",
  "local/emulators/event-hubs/protocol.ts#serveProtocol":
    "what each kind of link does, over the same links and readers",
  "local/emulators/event-hubs/segment-log.ts#openSegmentLog":
    "the end of one log, which appending, rolling and expiring move together",
  "local/emulators/functions-host/event-hubs/event-hub-listener.ts#createEventHubListener":
    "the partitions that one listener holds, from claiming to giving up",
  "local/emulators/functions-host/event-hubs/partition-consumer.ts#startPartitionConsumer":
    "the batches of one partition, from receiving to the checkpoint",
  "local/emulators/functions-host/host.ts#startFunctionsHost": "the host's composition root: what starts after what",
  "local/emulators/functions-host/http/admin.ts#createAdmin": "the paths of the host itself, over the same functions",
  "local/emulators/functions-host/http/http-server.ts#startHttpServer":
    "the way of one request through one server, and its end",
  "local/emulators/functions-host/invoke.ts#createInvoker":
    "one invocation, from the hooks before to the hooks after it",
  "local/emulators/functions-host/queue/queue-listener.ts#createQueueListener":
    "the way of a message of one queue, from receiving to deleting or poison",
  "local/emulators/functions-host/timer/timer-listener.ts#createTimerListener":
    "the schedule of one timer, whose next run each run decides",
  "local/emulators/key-vault/secret-store.ts#openSecretStore": "the statements of one database, each one line",
  "local/emulators/key-vault/vault.ts#createVault":
    "a function for each operation on secrets, over the same two look-ups",
  "local/launcher/stack.ts#startStack": "a start and what undoes it, in order",
  "local/launcher/supervisor.ts#createSupervisor":
    "the lives of one set of processes, which all of its functions change",
  "sdk/src/disk/disk-queue.ts#createDiskQueue": "what a queue can be asked, over one disk and the memory beside it",
  "sdk/src/disk/process-lock.ts#createProcessLock": "making, watching, breaking and leaving one file",
  "sdk/src/disk/segments.ts#createSegments": "reading and marking of the same segments, with what is known of each",
  "sdk/src/indexed-db/indexed-db-queue.ts#createIndexedDbQueue":
    "what a queue can be asked, over one database and the memory beside it",
  "sdk/src/sender.ts#createSender": "the one way out of a queue: its timer, what is under way, and who waits for it",
  "shared/errors.ts": "one table: a row for each error, with what its answers have beside the usual members",
  "shared/http/routes.ts": "one table: a row for each route, read as a whole by whoever asks what there is",
  "shared/secrets/rotate-secret.ts#rotateSecret":
    "one rotation under one lease: made, retired, disabled, in this order",
  "test/emulators/cosmos/query.test.ts": "one suite over one container of documents",
  "test/model/weakenings.ts":
    "one table: each weakening with the seed that catches it and the violation that reveals it",
  "test/model/scheduler.ts#createScheduler": "one queue of steps, which processes join, take and leave",
  "test/product/ingest.test.ts": "one suite, which runs against the source and against the bundle",
  "test/product/people.test.ts": "one suite over the same people",
  "test/product/tokens.test.ts": "one suite over the same credentials",
  "test/support/evolve/pairs.ts": "one table: a row for each pair of schemas with its verdict",
  "test/shared/secrets/secrets.test.ts": "one suite over the same vault and clock",
  "test/support/access-world.ts#createAccessWorld":
    "a composition root of tests: stores, clock and instances that share them",
};
