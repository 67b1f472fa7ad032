import { once } from "node:events";
import { createServer } from "node:net";
import { ErrorResponse, TimeoutError } from "@azure/cosmos";
import { expect, it } from "vitest";
import { reading, writeAnswerOfError, writeResultOfError } from "../../../shared/store/cosmos.ts";

it("a write's outcome follows the store's status, and anything but an answer of the store is an outage", async () => {
  const answered = (code: number) => Object.assign(new ErrorResponse("no message decides"), { code });
  const statuses = [409, 412, 413, 404, 429, 503].map((code) => writeResultOfError(answered(code)).status);
  expect(statuses).toEqual(["conflict", "conflict", "refused", "unavailable", "unavailable", "unavailable"]);
  // Nobody has confirmed that it is about the document.
  expect(writeAnswerOfError(answered(400)).status).toBe("doubted");
  expect(writeResultOfError(answered(400))).toMatchObject({ status: "unavailable", retryAfterMs: 0 });
  for (const error of [new TimeoutError(), new Error("socket hang up"), await failedFetch()])
    expect(writeResultOfError(error)).toMatchObject({ status: "unavailable", retryAfterMs: 0 });
});

it("a TypeError of our own goes up from a read and a write, even with the message of a failed fetch", async () => {
  for (const defect of [new TypeError("x is not a function"), new TypeError("fetch failed")]) {
    expect(() => writeResultOfError(defect)).toThrow(defect);
    await expect(reading(() => Promise.reject(defect))).rejects.toBe(defect);
  }
});

it("a failed read is an outage, with the store's own time to wait in whole seconds", async () => {
  const throttled = Object.assign(new ErrorResponse("no message decides"), { code: 429, retryAfterInMs: 1_200 });
  for (const [error, retryAfter] of [
    [throttled, 2],
    [await failedFetch(), 1],
  ])
    await expect(reading(() => Promise.reject(error))).rejects.toMatchObject({ code: "store_unavailable", retryAfter });
});

/** The error that `fetch` throws when no server listens. */
async function failedFetch(): Promise<unknown> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  const port = typeof address === "object" ? address?.port : undefined;
  return fetch(`http://127.0.0.1:${port}`).catch((error: unknown) => error);
}
