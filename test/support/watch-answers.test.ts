import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { contract, createCheckAnswer } from "./contract.ts";
import { unwatched, watchAnswers } from "./watch-answers.ts";

const whole = { request_id: "r", receipt_id: "x", accepted: 1, duplicate: 0, quarantined: 0, results: [] };

it("an answer that has a field or a header which the contract does not name makes the test fail that got it", async () => {
  let body: object = whole;
  let headers: Record<string, string> = { "x-request-id": "r" };
  const server = createServer((_, response) => {
    response.writeHead(202, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/events`;
    const { fetch, takeFaults } = watchAnswers(unwatched, async () => createCheckAnswer(contract));
    const post = async () => (await fetch(url, { method: "post", body: "{}" })).json();
    expect([await post(), takeFaults()]).toEqual([whole, []]);
    body = { ...whole, added: 1 };
    expect(await post()).toEqual(body);
    expect(takeFaults()).toEqual([expect.stringContaining("POST /api/v1/events 202")]);
    expect(takeFaults()).toEqual([]);
    [body, headers] = [whole, { "x-request-id": "r", "x-shard": "7" }];
    expect([await post(), takeFaults()]).toEqual([whole, [expect.stringContaining("does not have: x-shard")]]);
    headers = {};
    expect([await post(), takeFaults()]).toEqual([body, []]);
  } finally {
    server.close();
  }
});
