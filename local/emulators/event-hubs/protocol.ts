import type { Container, EventContext, Receiver, Sender } from "rhea";
import { type AmqpFailure, failureOf, Refusal } from "./amqp-error.ts";
import type { Authorization } from "./authorization.ts";
import { answerClaim } from "./claims.ts";
import { serveEvents } from "./consumer-link.ts";
import { findConsumerEntity, findProducerEntity, logOf } from "./entities.ts";
import type { AttachPoint, FaultHooks } from "./faults.ts";
import type { Hub, Hubs } from "./hubs.ts";
import { createLinks } from "./links.ts";
import { answerManagement } from "./management.ts";
import { servePublications } from "./producer-link.ts";
import { createReaders } from "./readers.ts";
import { forgiveLateDispositions, receiveRaw } from "./rhea-internals.ts";
import { assertReached, parseStartPosition } from "./start-position.ts";

interface ProtocolDeps {
  readonly hubs: Hubs;
  readonly faults: FaultHooks;
  readonly authorization: Authorization;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

const CBS = "$cbs";
const MANAGEMENT = "$management";
const SELECTOR_FILTER = "apache.org:selector-filter:string";
const WITH_METRICS = "com.microsoft:enable-receiver-runtime-metric";
const IDEMPOTENT = "com.microsoft:idempotent-producer";
const EPOCH = "com.microsoft:epoch";

/**
 * Answers the links that clients open on the container's connections. Event Hubs knows four kinds: to a hub or
 * partition (producer), from a partition (consumer), and pairs to and from `$cbs` and `$management` (requests and
 * responses).
 */
export function serveProtocol(container: Container, deps: ProtocolDeps): void {
  const links = createLinks();
  const readers = createReaders();
  const nextPartition = createRoundRobin();

  container.on("connection_open", ({ connection }: EventContext) => forgiveLateDispositions(connection));
  container.on("session_open", ({ session }: EventContext) => {
    if (session) receiveRaw(session, (receiver) => !isServiceNode(receiver.target?.address));
  });
  container.on("receiver_open", ({ receiver }: EventContext) => {
    if (receiver) orRefuse(receiver, () => openReceiver(receiver));
  });
  container.on("sender_open", ({ sender }: EventContext) => {
    if (sender) orRefuse(sender, () => openSender(sender));
  });
  container.on("sender_close", ({ sender }: EventContext) => sender && links.endLink(sender));
  container.on("session_close", ({ session }: EventContext) => session && links.endSession(session));
  for (const event of ["connection_close", "disconnected"]) {
    container.on(event, ({ connection }: EventContext) => {
      links.endConnection(connection);
      deps.authorization.forget(connection);
    });
  }
  for (const event of ["error", "connection_error", "protocol_error"]) {
    container.on(event, (cause: unknown) => deps.log(`${event}: ${describe(cause)}`));
  }

  function openReceiver(receiver: Receiver): void {
    const address = receiver.target?.address ?? "";
    receiver.set_target({ address });
    if (address !== CBS) deps.authorization.admit(receiver, address);
    if (address === CBS) serveClaims(receiver, deps.authorization);
    else if (address === MANAGEMENT) serveManagement(receiver, deps.hubs);
    else openProducer(receiver, address);
  }

  function openProducer(receiver: Receiver, address: string): void {
    assertNoFault({ role: "producer", address });
    // The link opens and each send is refused: a buffered client opens a refused link again for ever.
    const isIdempotent = listOf(receiver.desired_capabilities).includes(IDEMPOTENT);
    const entity = findProducerEntity(deps.hubs, address);
    servePublications(receiver, entity, { faults: deps.faults, nextPartition, isIdempotent });
  }

  function openSender(sender: Sender): void {
    const address = sender.source?.address ?? "";
    sender.set_source({ address });
    if (isServiceNode(address)) return;
    deps.authorization.admit(sender, address);
    const entity = findConsumerEntity(deps.hubs, address);
    assertNoFault({ role: "consumer", address });
    const start = parseStartPosition(selectorOf(sender));
    assertReached(start, logOf(entity.hub, entity.partition).lastEnqueued());
    const leave = readers.admit(entity, { epoch: epochOf(sender), disconnect: (failure) => end(sender, failure) });
    const withMetrics = listOf(sender.desired_capabilities).includes(WITH_METRICS);
    const stop = serveEvents(sender, entity, { start, withMetrics }, deps);
    links.add(sender, () => {
      leave();
      stop();
    });
  }

  function end(sender: Sender, failure: AmqpFailure): void {
    links.endLink(sender);
    sender.close(failure);
  }

  function assertNoFault(point: AttachPoint): void {
    const failure = deps.faults.attach?.(point);
    if (failure) throw new Refusal(failure.condition, failure.description);
  }
}

/** AMQP refuses a link by opening and closing it; the client gets the error with the close. */
function orRefuse(link: Sender | Receiver, open: () => void): void {
  try {
    open();
  } catch (error) {
    link.close(failureOf(error));
  }
}

function serveClaims(receiver: Receiver, authorization: Authorization): void {
  receiver.on("message", (context: EventContext) => {
    context.delivery?.accept();
    const { application_properties: properties = {}, body } = context.message ?? { body: undefined };
    void answerClaim(properties, body, (claim) => authorization.put(receiver.connection, claim))
      .catch((error: unknown) => ({ "status-code": 500, "status-description": failureOf(error).description }))
      .then((answer) => respond(context, CBS, { ...answer }));
  });
}

function serveManagement(receiver: Receiver, hubs: Hubs): void {
  receiver.on("message", (context: EventContext) => {
    context.delivery?.accept();
    const answer = answerManagement(context.message?.application_properties ?? {}, hubs);
    respond(context, MANAGEMENT, { ...answer.properties }, answer.body);
  });
}

/** Requests and responses are paired by the session: the response goes to its receiver from the same node. */
function respond(context: EventContext, node: string, properties: Record<string, unknown>, body?: unknown): void {
  const sender = context.session?.find_sender(({ source }: Sender) => source?.address === node);
  const { message_id: id } = context.message ?? {};
  sender?.send({ ...(id !== undefined && { correlation_id: id }), application_properties: properties, body });
}

function createRoundRobin(): (hub: Hub) => number {
  const turns = new Map<Hub, number>();
  return (hub) => {
    const turn = turns.get(hub) ?? Math.floor(Math.random() * hub.partitionCount);
    turns.set(hub, (turn + 1) % hub.partitionCount);
    return turn;
  };
}

function isServiceNode(address: string | undefined): boolean {
  return address === CBS || address === MANAGEMENT;
}

function selectorOf(sender: Sender): string | undefined {
  const filter: unknown = sender.source?.filter?.[SELECTOR_FILTER];
  if (filter === undefined || filter === null) return undefined;
  return String(filter);
}

function epochOf(sender: Sender): number | undefined {
  const epoch: unknown = sender.properties?.[EPOCH];
  return epoch === undefined || epoch === null ? undefined : Number(epoch);
}

function listOf(capabilities: string | readonly string[] | null | undefined): readonly string[] {
  return [capabilities ?? []].flat();
}

function describe(cause: unknown): string {
  const error = cause instanceof Error ? cause : (cause as EventContext | undefined)?.error;
  return error instanceof Error ? error.message : String(error);
}
