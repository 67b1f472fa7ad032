import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";

/** An event of the load, before it has the form of a way in. */
export interface PlainEvent {
  readonly id: string;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly user: string;
  readonly session: string;
  readonly properties: { readonly [name: string]: string | number | string[] };
}

/** How an SDK sends events: a body, and where it goes. */
export interface Way {
  readonly path: string;
  readonly contentType: string;
  /** Of an answer to a request that was taken. */
  readonly status: 200 | 202;
  /** The value of `Authorization`; undefined where the key stands in the body. */
  readonly authorization: (key: string) => string | undefined;
  readonly toBody: (events: readonly PlainEvent[], key: string) => Buffer;
}

const bearer = (key: string): string => `Bearer ${key}`;
const basic = (key: string): string => `Basic ${Buffer.from(`${key}:`).toString("base64")}`;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const iso = (time: number): string => new Date(time).toISOString();

const toOurs = ({ id, type, time, user, session, properties }: PlainEvent): object => ({
  ...{ event_id: id, event_type: type, timestamp: iso(time), schema_version: 1 },
  ...{ user_id: user, session_id: session, properties },
});

/** As `@segment/analytics-node` sends a call. */
const toCall = ({ id, type, time, user, session, properties }: PlainEvent): object => ({
  ...{ properties: { ...properties, session }, event: type, userId: user, type: "track", integrations: {} },
  ...{ timestamp: iso(time), messageId: id },
  context: { library: { name: "@segment/analytics-node", version: "3.1.0" } },
  _metadata: { nodeVersion: "24.21.0", jsRuntime: "node" },
});

/** As `posthog-node` sends an event. */
const toPosthog = ({ id, type, time, user, session, properties }: PlainEvent): object => ({
  ...{ distinct_id: user, event: type, uuid: id, timestamp: iso(time), type: "capture" },
  ...{ library: "posthog-node", library_version: "5.70.0" },
  properties: {
    ...{ ...properties, $session_id: session, $lib: "posthog-node", $lib_version: "5.70.0" },
    ...{ $is_server: true, $geoip_disable: true },
  },
});

const toCloudEvent = ({ id, type, time, user, session, properties }: PlainEvent): object => ({
  ...{ id, time: iso(time), type, source: "/shop", specversion: "1.0", datacontenttype: "application/json" },
  ...{ userid: user, sessionid: session, data: properties },
});

function toRecords(events: readonly PlainEvent[]): ReadableLogRecord[] {
  const exporter = new InMemoryLogRecordExporter();
  const resource = resourceFromAttributes({ "service.name": "shop", "telemetry.sdk.language": "nodejs" });
  const logger = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
  const cart = logger.getLogger("cart", "1.2");
  for (const { id, type, time, user, session, properties } of events) {
    const attributes = { ...properties, "user.id": user, "session.id": session, "record.id": id };
    cart.emit({ eventName: type, timestamp: new Date(time), attributes, severityNumber: 9, severityText: "INFO" });
  }
  return exporter.getFinishedLogRecords();
}

const posthog = (events: readonly PlainEvent[]): object => ({ batch: events.map(toPosthog), sent_at: iso(Date.now()) });
const logs = { path: "/v1/logs", status: 200, authorization: bearer } as const;

/** Our own way in, and those of the dialects. */
export const ways = {
  own: {
    ...{ path: "/api/v1/events", contentType: "application/json", status: 202, authorization: bearer },
    toBody: (events) => json(events.length === 1 && events[0] ? toOurs(events[0]) : events.map(toOurs)),
  },
  cloudevents: {
    ...{ path: "/api/v1/events", contentType: "application/cloudevents-batch+json", status: 202 },
    authorization: bearer,
    toBody: (events) => json(events.map(toCloudEvent)),
  },
  segment: {
    ...{ path: "/v1/batch", contentType: "application/json", status: 200, authorization: basic },
    toBody: (events, writeKey) => json({ batch: events.map(toCall), writeKey, sentAt: iso(Date.now()) }),
  },
  "posthog-v0": {
    ...{ path: "/batch/", contentType: "application/json", status: 200, authorization: () => undefined },
    toBody: (events, api_key) => json({ api_key, ...posthog(events) }),
  },
  "posthog-v1": {
    ...{ path: "/i/v1/analytics/events", contentType: "application/json", status: 200, authorization: bearer },
    toBody: (events) => json(posthog(events)),
  },
  "otlp-json": {
    ...{ ...logs, contentType: "application/json" },
    toBody: (events) => Buffer.from(JsonLogsSerializer.serializeRequest(toRecords(events)) ?? []),
  },
  "otlp-protobuf": {
    ...{ ...logs, contentType: "application/x-protobuf" },
    toBody: (events) => Buffer.from(ProtobufLogsSerializer.serializeRequest(toRecords(events)) ?? []),
  },
} as const satisfies Readonly<Record<string, Way>>;

export type WayName = keyof typeof ways;
