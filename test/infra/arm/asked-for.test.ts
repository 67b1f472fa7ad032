import { expect, test } from "vitest";
import { runtime } from "../../../infra/arm/check-flex.ts";
import { providers } from "../../../infra/arm/check-subscription.ts";
import { armPathOf } from "../../../infra/plan/arm-paths.ts";
import { at, theOne } from "../support/registrations.ts";
import { readRuns } from "../support/runs.ts";

const { dev, prod } = readRuns();

/** Registered in every subscription. */
const always = ["Microsoft.Authorization", "Microsoft.Resources"];

test("the preflight asks for the provider of every resource that the program makes", () => {
  const types = [...dev.update.registrations, ...prod.update.registrations].map(({ type }) => type);
  const made = types
    .filter((type) => type.startsWith("azure-native:"))
    .map((type) => armPathOf(type).type.split("/")[0]);
  const asked = new Set([...providers, ...always].map((provider) => provider.toLowerCase()));
  expect([...new Set(made)].filter((provider) => !asked.has(provider?.toLowerCase() ?? ""))).toEqual([]);
});

test("the preflight asks for the runtime that the app is told to run on", () => {
  for (const { update } of [dev, prod])
    expect(at(theOne(update.registrations, "web:WebApp"), "functionAppConfig.runtime")).toEqual(runtime);
});
