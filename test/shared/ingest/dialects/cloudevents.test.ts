import fc from "fast-check";
import { expect, it } from "vitest";
import { translateCloudEvent } from "../../../../shared/ingest/dialects/cloudevents/translate-cloud-event.ts";

it("two events have one id only where both source and id are the same, and an id fits", () => {
  const idOf = (source: string, id: string): string => {
    const { value: made } = translateCloudEvent({ specversion: "1.0", type: "t", source, id }) as {
      value: { event_id: string };
    };
    expect(made.event_id.length).toBeLessThanOrEqual(255);
    return made.event_id;
  };
  expect(idOf("/shop", "17")).toBe("cloudevents:/shop 17");
  expect(idOf("a b", "c")).not.toBe(idOf("a", "b c"));
  const long = fc.string({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(long, long, long, long, (a, b, c, d) => {
      expect(idOf(a, b) === idOf(c, d)).toBe(a === c && b === d);
    }),
  );
});
