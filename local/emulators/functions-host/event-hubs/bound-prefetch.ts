import type { EventHubConsumerClient } from "@azure/event-hubs";

interface AmqpReceiver {
  /** Messages that the service may still send. */
  readonly credit: number;
  addCredit(credit: number): void;
}

interface AmqpConnection {
  createReceiver(options: unknown): Promise<AmqpReceiver>;
}

/**
 * The parts of `@azure/event-hubs` 6.0 (`connectionContext.ts`, `partitionReceiver.ts`) that its public API does not
 * reach.
 */
interface ClientInternals {
  readonly _context?: { connection: AmqpConnection; refreshConnection(): void };
}

function boundReceivers(connection: AmqpConnection): void {
  const createReceiver = connection.createReceiver.bind(connection);
  connection.createReceiver = async (options) => {
    const receiver = await createReceiver(options);
    const addCredit = receiver.addCredit.bind(receiver);
    receiver.addCredit = (wanted) => {
      if (wanted > receiver.credit) addCredit(wanted - receiver.credit);
    };
    return receiver;
  };
}

/**
 * Makes `prefetchCount` a limit. The SDK adds that much credit at every read, on top of the outstanding credit. So
 * after many small batches the service may send a whole backlog into the memory of a host whose function is stuck.
 */
export function boundPrefetch(client: EventHubConsumerClient): void {
  const context = (client as unknown as ClientInternals)._context;
  if (!context) return;
  boundReceivers(context.connection);
  const refreshConnection = context.refreshConnection.bind(context);
  context.refreshConnection = () => {
    refreshConnection();
    boundReceivers(context.connection);
  };
}
