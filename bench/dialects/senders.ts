import process from "node:process";
import Rudder from "@rudderstack/rudder-sdk-node";
import { Analytics } from "@segment/analytics-node";
import { CloudEvent } from "cloudevents";
import { PostHog } from "posthog-node";
import type { Edit } from "./edit.ts";

export interface Target {
  readonly baseUrl: string;
  readonly key: string;
}

export interface Sender {
  /** The `event_id` that an edit has here. */
  readonly idOf: (edit: Edit) => string;
  /** Resolves when the SDK says that all of them are delivered; rejects when it says that one is not. */
  readonly send: (edits: readonly Edit[], target: Target) => Promise<void>;
}

/** Calls that wait in an SDK's memory at once; PostHog's drops what is beyond 1,000. */
const CHUNK = 500;

function chunksOf(edits: readonly Edit[]): (readonly Edit[])[] {
  return Array.from({ length: Math.ceil(edits.length / CHUNK) }, (_, i) => edits.slice(i * CHUNK, (i + 1) * CHUNK));
}

const callId = ({ number }: Edit): string => `edit-${number}`;
const uuidOf = ({ number }: Edit): string => `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;

async function sendBySegment(edits: readonly Edit[], { baseUrl: host, key: writeKey }: Target): Promise<void> {
  const analytics = new Analytics({ host, writeKey, flushAt: 100, flushInterval: 100 });
  for (const chunk of chunksOf(edits)) {
    const calls = chunk.map(
      (edit) =>
        new Promise<void>((resolve, reject) => {
          const { type: event, user: userId, time: timestamp, properties } = edit;
          const call = { event, userId, timestamp, properties, messageId: callId(edit) };
          analytics.track(call, (error) => (error ? reject(error) : resolve()));
        }),
    );
    await Promise.all(calls);
  }
  await analytics.closeAndFlush();
}

async function sendByRudder(edits: readonly Edit[], { baseUrl: dataPlaneUrl, key }: Target): Promise<void> {
  const errorHandler = (): void => undefined;
  const analytics = new Rudder(key, { dataPlaneUrl, flushAt: 100, flushInterval: 100, errorHandler, logLevel: "none" });
  for (const chunk of chunksOf(edits)) {
    const calls = chunk.map(
      (edit) =>
        new Promise<void>((resolve, reject) => {
          const { type: event, user: userId, properties } = edit;
          const call = { event, userId, properties, messageId: callId(edit), originalTimestamp: new Date(edit.time) };
          // Its types know less than the SDK takes.
          const typed = call as unknown as Parameters<typeof analytics.track>[0];
          analytics.track(typed, (error?: Error) => (error ? reject(error) : resolve()));
        }),
    );
    await Promise.all(calls);
  }
}

const sendByPosthog = (mode: "v0" | "v1") => {
  return async (edits: readonly Edit[], { baseUrl: host, key }: Target): Promise<void> => {
    // The SDK has no other switch for its protocol.
    process.env.POSTHOG_CAPTURE_MODE = mode;
    const client = new PostHog(key, { host, flushAt: 100, flushInterval: 60_000 });
    const failed: unknown[] = [];
    client.on("error", (error) => void failed.push(error));
    for (const chunk of chunksOf(edits)) {
      for (const edit of chunk) {
        const { type: event, user: distinctId, properties } = edit;
        client.capture({ event, distinctId, properties, uuid: uuidOf(edit), timestamp: new Date(edit.time) });
      }
      await client.flush();
    }
    await client.shutdown();
    if (failed.length > 0) throw new Error("posthog-node says that events were not delivered", { cause: failed[0] });
  };
};

async function sendCloudEvents(edits: readonly Edit[], { baseUrl, key }: Target): Promise<void> {
  for (const chunk of chunksOf(edits)) {
    const events = chunk.map(
      (edit) =>
        new CloudEvent({
          ...{ id: callId(edit), source: "/edits", type: edit.type, time: edit.time },
          ...{ userid: edit.user, data: edit.properties },
        }),
    );
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/cloudevents-batch+json" };
    const body = JSON.stringify(events);
    const answer = await fetch(`${baseUrl}/api/v1/events`, { method: "POST", headers, body });
    if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
  }
}

/** By the package and its version. */
export const senders: Readonly<Record<string, Sender>> = {
  "@segment/analytics-node 3.1.0": { idOf: (edit) => `segment:${callId(edit)}`, send: sendBySegment },
  "@rudderstack/rudder-sdk-node 3.0.13": { idOf: (edit) => `segment:${callId(edit)}`, send: sendByRudder },
  "posthog-node 5.70.0 (v0)": { idOf: (edit) => `posthog:${uuidOf(edit)}`, send: sendByPosthog("v0") },
  "posthog-node 5.70.0 (v1)": { idOf: (edit) => `posthog:${uuidOf(edit)}`, send: sendByPosthog("v1") },
  "cloudevents 10.0.0": { idOf: (edit) => `cloudevents:/edits ${callId(edit)}`, send: sendCloudEvents },
};
