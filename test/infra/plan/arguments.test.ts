import { describe, expect, it } from "vitest";
import { readArguments } from "../../../infra/plan/arguments.ts";
import { override } from "../../../infra/plan/override.ts";

describe("the arguments of infra:plan", () => {
  it("have the stack prod at 2,000 events of 700 bytes a second without any", () => {
    expect(readArguments([])).toEqual({
      stack: "prod",
      load: { eventsPerSecond: 2000, eventBytes: 700 },
      config: new Map(),
      json: false,
    });
  });

  it("take settings with their project or without it, and values with an equals sign", () => {
    const { config } = readArguments([
      "--config",
      "zones=false",
      "--config=azure-native:location=westeurope",
      "--config",
      "tags.q=a=b",
    ]);
    expect([...config]).toEqual([
      ["headrace:zones", "false"],
      ["azure-native:location", "westeurope"],
      ["headrace:tags.q", "a=b"],
    ]);
  });

  it.each([
    [["--events-per-second", "many"], "--events-per-second"],
    [["--events-per-second", "-1"], "--events-per-second"],
    [["--event-bytes", "0"], "--event-bytes"],
    [["--event-bytes", ""], "--event-bytes"],
    [["--config", "zones"], "KEY=VALUE"],
    [["--stakc", "dev"], "--stakc"],
  ])("are refused by name when they are wrong: %j", (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });
});

describe("a setting from outside", () => {
  const written = { "headrace:zones": "true", "headrace:app": '{"memoryMb":2048,"alwaysReady":{"http":2}}' };

  it("replaces the stack's own", () => {
    expect(override(written, new Map([["headrace:zones", "false"]]))).toEqual({
      ...written,
      "headrace:zones": "false",
    });
  });

  it("reaches into objects, and makes them where there are none", () => {
    const settings = new Map([
      ["headrace:app.alwaysReady.function:dispatch", "2"],
      ["headrace:network.addressSpace", "10.0.0.0/22"],
    ]);
    expect(override(written, settings)).toEqual({
      ...written,
      "headrace:app": '{"memoryMb":2048,"alwaysReady":{"http":2,"function:dispatch":2}}',
      "headrace:network": '{"addressSpace":"10.0.0.0/22"}',
    });
  });
});
