import { CloudEvent, HTTP, httpTransport, type Message } from "cloudevents";
import { describe, expect, it } from "vitest";
import { passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { type Json, makeOrg, product, type TestOrg } from "../../support/product.ts";
import { keysThatFail } from "../../support/revoked-key.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";

const url = `${product.baseUrl}/api/v1/events`;

async function send({ key }: Pick<TestOrg, "key">, { headers, body }: Pick<Message, "headers" | "body">, to = url) {
  const answer = await fetch(to, {
    method: "POST",
    headers: { ...(headers as Record<string, string>), authorization: `Bearer ${key}` },
    ...(body === undefined ? undefined : { body: body as string }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Json };
}

const paid = (more: Record<string, unknown> = {}) =>
  new CloudEvent({
    ...{ id: "17", type: "order_paid", source: "/shop", time: "2026-11-22T10:00:00.000Z", userid: "ada" },
    ...{ data: { total: 12.5 }, subject: "order 17", shopnumber: 4, ...more },
  });
const expected = {
  ...{ event_id: "cloudevents:/shop 17", event_type: "order_paid", timestamp: "2026-11-22T10:00:00.000Z" },
  ...{ user_id: "ada", properties: { total: 12.5 } },
};

describe("cloudevents 10.0.0", () => {
  it("stores the same event by binary and structured mode, once, with all that it says", async () => {
    const org = await makeOrg();
    for (const message of [HTTP.binary(paid()), HTTP.structured(paid())])
      expect(await send(org, message)).toMatchObject({ status: 202, body: { accepted: 1, quarantined: 0 } });
    expect(await readSettled(org, 2)).toMatchObject({ stored: 1, duplicate: 1 });
    const [event] = await readStored(org, 1);
    expect(event).toMatchObject(expected);
    const source = { specversion: "1.0", id: "17", source: "/shop", subject: "order 17" };
    expect(event?.context).toMatchObject({ source });
  });

  it.each([
    ["a text", "grüße", "text/plain", { data: "grüße" }],
    ["a list", [1, 2], "application/json", { data: [1, 2] }],
    ["a number", 5, "application/json", { data: 5 }],
    ["bytes", new Uint8Array([0, 255]), "application/octet-stream", { data_base64: "AP8=" }],
  ])("keeps %s under `context.source` in binary mode", async (_, data, datacontenttype, kept) => {
    const org = await makeOrg();
    const message = HTTP.binary(paid({ data, datacontenttype }));
    const body = typeof data === "number" ? "5" : (message.body as string);
    expect(await send(org, { headers: message.headers, body })).toMatchObject({ status: 202 });
    expect(await readStored(org, 1)).toMatchObject([{ context: { source: { datacontenttype, ...kept } } }]);
  });

  it("sends an event without data in binary mode, and names that are no ASCII", async () => {
    const org = await makeOrg();
    const { headers } = HTTP.binary(paid({ data: undefined }));
    const named = { ...headers, "ce-subject": encodeURIComponent("Grüße €"), "ce-id": "a%20b" };
    expect(await send(org, { headers: named, body: undefined })).toMatchObject({ status: 202 });
    const [event] = await readStored(org, 1);
    expect(event).toMatchObject({ event_id: "cloudevents:/shop a b", context: { source: { subject: "Grüße €" } } });
    expect(event).not.toHaveProperty("properties");
  });

  it.each(keysThatFail)("is refused with a %s key, and nothing is taken", async (_, makeKey) => {
    const answer = await send({ key: await makeKey() }, HTTP.structured(paid()));
    expect(answer).toMatchObject({ status: 401, body: { fix: expect.any(String) } });
  });

  it.each(passingFaults)("that is sent again after %s is stored once", async (_, fault) => {
    const org = await makeOrg();
    const proxy = await startProxy(product.baseUrl, [fault]);
    const attempt = () => send(org, HTTP.binary(paid()), `${proxy.url}/api/v1/events`).catch(() => undefined);
    const first = await attempt();
    expect(first?.status).toBe(typeof fault === "object" ? fault.status : undefined);
    expect(await attempt()).toMatchObject({ status: 202 });
    const count = fault === "lost" ? 2 : 1;
    expect(await readSettled(org, count)).toMatchObject({ stored: 1, duplicate: count - 1 });
    await proxy.close();
  });

  it("sends chunked by `httpTransport`, which is told so", async () => {
    const { key } = await makeOrg();
    const answer = await httpTransport(url)(HTTP.binary(paid()), { headers: { authorization: `Bearer ${key}` } });
    expect(JSON.parse((answer as { body: string }).body)).toMatchObject({ code: "length_required", status: 411 });
  });
});

describe("a batch of CloudEvents", () => {
  const headers = { "content-type": "application/cloudevents-batch+json; charset=utf-8" };

  it("has its bad events in quarantine, whole, and its good ones stored, also where all are bad", async () => {
    const org = await makeOrg();
    const good = paid().toJSON();
    const bad = [
      { ...good, id: "" },
      { ...good, specversion: "0.3" },
      { ...good, type: undefined },
      5,
      { ...good, time: "x" },
    ];
    const { status, body } = await send(org, { headers, body: JSON.stringify([...bad, good]) });
    expect(status).toBe(202);
    expect((body.results as Json[]).map(({ code, path }) => [code, path])).toEqual([
      ["invalid_value", "events[0].id"],
      ["invalid_value", "events[1].specversion"],
      ["required", "events[2].type"],
      ["not_an_object", "events[3]"],
      ["invalid_value", "events[4].timestamp"],
    ]);
    expect(await readStored(org, 1)).toMatchObject([expected]);
    const alone = await send(org, { headers, body: JSON.stringify(bad) });
    expect(alone).toMatchObject({ status: 202, body: { accepted: 5, quarantined: 5 } });
    expect(await readSettled(org, 11)).toMatchObject({ stored: 1, quarantined: 10 });
  });

  it.each([
    ["an object", "{}", "invalid_body"],
    ["none", "[]", "empty_batch"],
    ["no JSON", "[", "invalid_json"],
  ])("that is %s is a 400", async (_, body, code) => {
    expect(await send(await makeOrg(), { headers, body })).toMatchObject({ status: 400, body: { code } });
  });

  it("keeps every digit and every name: what parsing would change is in quarantine", async () => {
    const org = await makeOrg();
    const start = '{"specversion":"1.0","source":"/s","type":"t",';
    const body = `[${start}"id":"a","data":{"n":608548899684111178}},${start}"id":"b","data":{"x":1,"x":2}}]`;
    const { results } = (await send(org, { headers, body })).body as { results: Json[] };
    expect(results.map(({ code, path }) => [code, path])).toEqual([
      ["number_not_exact", "events[0].data.n"],
      ["repeated_name", "events[1].data.x"],
    ]);
  });
});

it.each(['1},"id":"other","x":{"a":1', "{", ""])("data in binary mode that is no JSON is refused: %j", async (body) => {
  const org = await makeOrg();
  const answer = await send(org, { headers: { ...HTTP.binary(paid()).headers }, body: body || " " });
  expect(answer).toMatchObject({ status: 400, body: { code: body ? "invalid_json" : "empty_body" } });
});
