import type { HttpRequest } from "@azure/functions";
import type { Answer } from "../http/endpoint.ts";
import type { Turns } from "../runtime/turn.ts";
import type { AcceptedBatch } from "./accept-batch.ts";
import type { BatchLimits } from "./parse-body.ts";
import type { RawBatch } from "./raw-batch.ts";

/** Reads a request's body, as it was sent. Who asks again gets the same bytes. */
export type ReadSent = () => Promise<Buffer>;

/** One way by which events come in: what is its own of a request. All else is the same for each. */
export interface WayIn {
  /**
   * What the caller shows, as the value of an `Authorization` header; null for nothing. It may stand in the body: then
   * that is read before anybody knows whose it is, up to the limit of every body.
   */
  credentialOf(request: HttpRequest, readSent: ReadSent): string | null | Promise<string | null>;
  /** The events of a body, unpacked; any bytes. Throws AppError for a body that has none. */
  read(body: Buffer, request: HttpRequest, limits: BatchLimits, turns: Turns): Promise<RawBatch>;
  /** Whether a request that says that it has no body is one all the same. */
  mayBeEmpty?(request: HttpRequest): boolean;
  /** Once the stream has acknowledged them. */
  answer(batch: AcceptedBatch, request: HttpRequest): Answer;
}
