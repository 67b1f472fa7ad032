import { describe, expect, expectTypeOf, it, onTestFinished, vi } from "vitest";
import manifest from "../../sdk/package.json" with { type: "json" };
import { createClient, version } from "../../sdk/src/index.ts";
import { createMemoryTransport } from "../../sdk/src/testing.ts";

const endpoint = "https://a.example";
/** What every browser begins with. */
const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";

describe("createClient", () => {
  it.each([
    ["an endpoint that is no address", { endpoint: "a.example", key: "hr_a" }, "endpoint"],
    ["no endpoint", { endpoint: undefined as unknown as string, key: "hr_a" }, "endpoint"],
    ["neither a key nor getToken", { endpoint }, "one of key and getToken"],
    ["both of them", { endpoint, key: "hr_a", getToken: () => "t" }, "one of key and getToken"],
  ])("refuses %s, and says so", (_, options, reason) => {
    expect(() => createClient(options)).toThrow(reason);
  });

  it("refuses a secret key in a browser and says why, and takes a publishable one and tokens", () => {
    vi.stubGlobal("navigator", { userAgent: browser });
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(() => createClient({ endpoint, key: "hr_acme_secret" })).toThrow(/secret.*publishable keys \(hrp_…\)/);
    for (const options of [{ key: "hrp_acme_open" }, { getToken: () => "t" }])
      void createClient({ endpoint, ...options }).close();
  });

  it("has the version of its package, whose first number is the API's", () => {
    expect([version, version.split(".")[0]]).toEqual([manifest.version, "1"]);
    expect(manifest).not.toHaveProperty("dependencies");
  });
});

interface Events {
  order_paid: { readonly total: number; readonly coupon?: string };
  signed_out: { readonly reason?: string };
}

it("a client with types takes these events with their properties, and no others", async () => {
  const transport = createMemoryTransport();
  const client = createClient<Events>({ endpoint, key: "hr_a", fetch: transport.fetch });
  void client.track("order_paid", { total: 1 });
  void client.track("signed_out");
  void client.track("signed_out", { reason: "idle" }, { userId: "ada" });
  expectTypeOf(client.track<"order_paid">)
    .parameter(1)
    .toEqualTypeOf<Events["order_paid"]>();
  // @ts-expect-error: the type is not one of Events.
  void client.track("order_payed", { total: 1 });
  // @ts-expect-error: `total` is required.
  void client.track("order_paid");
  // @ts-expect-error: `total` is a number.
  void client.track("order_paid", { total: "1" });
  // @ts-expect-error: Events has no such property.
  void client.track("order_paid", { total: 1, currency: "EUR" });
  client.on("quarantined", ({ eventId, path }) => expectTypeOf([eventId, path]).toEqualTypeOf<string[]>());
  // @ts-expect-error: there is no such kind of delivery.
  client.on("lost", () => undefined);
  await client.close();
  expect(transport.events).toHaveLength(7);
});

it("a client without types takes any", () => {
  const client = createClient({ endpoint, key: "hr_a", fetch: createMemoryTransport().fetch });
  void client.track("anything", { at: "all" });
  void client.close();
});
