import { expect, it } from "vitest";
import { translateCall } from "../../../../shared/ingest/dialects/segment/translate-call.ts";
import { findLost } from "../../../support/find-lost.ts";

it("a leaf that a translation would drop is found", () => {
  const sent = { type: "track", event: "x", properties: { a: { b: [1, "kept"] } }, channel: "server" };
  expect(findLost(sent, translateCall(sent, {}))).toEqual([]);
  expect(findLost(sent, { value: { properties: { a: { b: ["kept"] } }, event_type: "x" } })).toEqual([
    ...["track", 1, "server"],
  ]);
});

it.each([[{}], [[1]], [true]])("an id that is %j is left as it is, and is no id that another has", (messageId) => {
  expect(translateCall({ type: "track", event: "x", messageId }, {})).toMatchObject({ value: { event_id: messageId } });
});

it("a key does not go into the event, and a translation changes nothing of what it reads", () => {
  const sent = Object.freeze({
    type: "page",
    writeKey: "hr_secret",
    name: "Home",
    properties: Object.freeze({ a: 1 }),
  });
  const translated = JSON.stringify(translateCall(sent, { type: "track" }));
  expect(translated).not.toContain("hr_secret");
  expect(JSON.parse(translated)).toMatchObject({
    value: { event_type: "page_view", properties: { a: 1, name: "Home" }, context: { source: { type: "page" } } },
  });
});

it("what a dialect has beside the properties hides nothing of them, and is kept", () => {
  const sent = { type: "page", name: "Home", category: "a", properties: { name: "Start", category: "a" } };
  expect(translateCall(sent, {})).toMatchObject({
    value: { properties: { name: "Start", category: "a" }, context: { source: { name: "Home" } } },
  });
  const withSource = { type: "track", event: "x", context: { source: { mine: 1 }, page: "/" } };
  expect(translateCall(withSource, {})).toMatchObject({
    value: { context: { page: "/", source: { type: "track", context: { source: { mine: 1 } } } } },
  });
});

it("an `identify` that has its traits in the context alone has them as properties, and not twice", () => {
  const call = { type: "identify", userId: "ada", context: { traits: { email: "a" }, sessionId: 1796040531979 } };
  expect(translateCall(call, {})).toMatchObject({
    value: { session_id: "1796040531979", properties: { email: "a" }, context: { sessionId: 1796040531979 } },
  });
  expect(JSON.stringify(translateCall(call, {})).match(/email/g)).toHaveLength(1);
  const both = { ...call, traits: { email: "b" } };
  expect(translateCall(both, { context: { traits: { other: 1 } } })).toMatchObject({
    value: { properties: { email: "b" }, context: { traits: { email: "a" } } },
  });
  expect(translateCall({ ...call, type: "track", event: "x" }, {})).toMatchObject({
    value: { properties: undefined, context: { traits: { email: "a" } } },
  });
  const odd = { ...call, context: { traits: "none", sessionId: "mine" } };
  expect(translateCall(odd, {})).toMatchObject({ value: { session_id: undefined, context: odd.context } });
});
