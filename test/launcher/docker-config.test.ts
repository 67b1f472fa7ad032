import { expect, test } from "vitest";
import config from "../../local/docker/Config.json" with { type: "json" };
import { eventHub } from "../../shared/store/resources.ts";

// https://github.com/Azure/azure-event-hubs-emulator-installer/blob/main/EventHub-Emulator/Schema/Config-schema.json
test("Microsoft's Event Hubs emulator is told of our hub, and as its schema has it", () => {
  const others = Object.values(eventHub.consumerGroups).filter((group) => group !== "$Default");
  const ConsumerGroups = others.map((Name) => ({ Name }));
  expect(ConsumerGroups.length).toBeGreaterThan(0);
  const Entities = [{ Name: eventHub.name, PartitionCount: "4", ConsumerGroups }];
  expect(config.UserConfig).toEqual({
    NamespaceConfig: [{ Type: "EventHub", Name: "emulatorNs1", Entities }],
    LoggingConfig: { Type: "File" },
  });
});
