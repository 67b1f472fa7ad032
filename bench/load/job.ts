import type { WayName } from "./ways.ts";

/** The orders to the load process, and its answers. Plain data: both travel over its IPC channel. */
export interface SendJob {
  readonly kind: "send";
  /** `http://127.0.0.1:7071` */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Of further orgs, whose requests take turns with the first's. */
  readonly otherKeys?: readonly string[];
  readonly batch: number;
  /** The form in which they are sent; our own by default. */
  readonly way?: WayName;
  readonly encoding: "identity" | "gzip";
  readonly connections: number;
  /** The first part of all event ids: letters and digits, different for each job. */
  readonly prefix: string;
  readonly spanMs: number;
  /** Ends after so many seconds, or when so many events are sent, whichever is first. */
  readonly seconds: number;
  readonly events?: number;
  /** Events a second; without it, as many as possible. */
  readonly rate?: number;
  /** For an event of every so many requests, measures how long it takes until it can be read. */
  readonly probeEvery?: number;
  /** The result has how long each answer took. */
  readonly timed?: boolean;
}

export interface SendResult {
  readonly kind: "sent";
  /** Events of the requests that were taken. */
  readonly events: number;
  readonly requests: number;
  /** All other answers, by status or error. */
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Milliseconds to each answer, whatever it was; only of a job that asks for them. */
  readonly latenciesMs: readonly number[];
  /** Milliseconds from the 202 to the first answer that has the event, one for each probe. */
  readonly readableMs: readonly number[];
}

/** The same body again and again. */
export interface RepeatJob {
  readonly kind: "repeat";
  readonly baseUrl: string;
  readonly apiKey: string;
  /** As it goes over the wire, in base64. */
  readonly body: string;
  readonly encoding: "identity" | "zstd";
  readonly connections: number;
  readonly seconds: number;
  /** Ends when so many are sent. */
  readonly requests?: number;
  /** Requests a second; without it, as many as possible. */
  readonly rate?: number;
}

export interface RepeatResult {
  readonly kind: "repeated";
  readonly requests: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface ReadJob {
  readonly kind: "read";
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly paths: readonly string[];
  /** Requests in all, one after the other on each connection. */
  readonly requests: number;
  /** No request begins later than this. */
  readonly seconds: number;
  readonly connections: number;
  /** Requests a second; without it, as many as possible. */
  readonly rate?: number;
}

export interface ReadResult {
  readonly kind: "have-read";
  readonly failures: Readonly<Record<string, number>>;
  readonly latenciesMs: readonly number[];
  /** Bytes of the answers' bodies. */
  readonly bytes: number;
}

export type Job = SendJob | ReadJob | RepeatJob;
export type JobResult = SendResult | ReadResult | RepeatResult;
