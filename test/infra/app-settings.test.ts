import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { refusedAppSettings, refusedSiteConfig } from "../../infra/compute/flex.ts";
import { type Config, readConfig, settings } from "../../shared/config.ts";
import { readRuns } from "./support/runs.ts";

const runs = readRuns();
const stacks = ["dev", "prod"] as const;

interface Site {
  readonly siteConfig: { readonly appSettings: readonly { readonly name: string; readonly value: string }[] };
}

function siteOf(stack: (typeof stacks)[number]): Site {
  const site = runs[stack].update.registrations.find(({ type }) => type === "azure-native:web:WebApp");
  return site?.inputs as unknown as Site;
}

function settingsOf(stack: (typeof stacks)[number]): Record<string, string> {
  return Object.fromEntries(siteOf(stack).siteConfig.appSettings.map(({ name, value }) => [name, value]));
}

/** What the Functions host is told, and what is lost without it. */
const ofTheHost: Readonly<Record<string, string>> = {
  AzureWebJobsStorage__credential: "locks, schedules and checkpoints: the host does not start",
  AzureWebJobsStorage__clientId: "the same: there is no system-assigned identity",
  AzureWebJobsStorage__tableServiceUri: "its diagnostic events",
  EventHubConnection__credential: "envelopes are not dispatched",
  EventHubConnection__clientId: "the same",
  AzureWebJobsDisableHomepage: "`/` is the host's page, and leads nowhere",
  APPLICATIONINSIGHTS_CONNECTION_STRING: "telemetry",
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: "telemetry: Application Insights takes it from a known identity only",
  AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__initialSamplingPercentage: "a bill",
  AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__maxSamplingPercentage: "a bill",
};

describe.each(stacks)("the app's settings in %s", (stack) => {
  const given = settingsOf(stack);
  const config = readConfig(given);

  test("are the app's or its host's, and no others", () => {
    const known = [...Object.keys(settings.shape), ...Object.keys(ofTheHost)];
    expect(Object.keys(given).filter((name) => !known.includes(name))).toEqual([]);
    expect(Object.keys(given)).toEqual(expect.arrayContaining(Object.keys(ofTheHost)));
  });

  test("hold no key: everything is reached as the app's identity", () => {
    expect(config).toMatchObject({
      eventHubs: { host: expect.stringMatching(/\.servicebus\.windows\.net$/) as string },
      blobs: { host: expect.stringMatching(/^https:.*\.blob\.core\.windows\.net$/) as string },
      queues: { host: expect.stringMatching(/^https:.*\.queue\.core\.windows\.net$/) as string },
      cosmos: { key: undefined },
      keyVault: { skipChallengeCheck: false },
      operator: { keyHash: undefined },
    } satisfies Partial<Record<keyof Config, unknown>>);
  });

  test("say how many requests telemetry keeps; host.json excludes exceptions and log lines from that", async () => {
    const { logging } = JSON.parse(await readFile(new URL("../../host.json", import.meta.url), "utf8")) as {
      logging: { applicationInsights: { samplingSettings: { excludedTypes: string } } };
    };
    const { excludedTypes } = logging.applicationInsights.samplingSettings;
    expect(excludedTypes.split(";")).toEqual(expect.arrayContaining(["Exception", "Trace"]));
    const prefix = "AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__";
    const percent = stack === "dev" ? "100" : "10";
    expect(given).toMatchObject({
      [`${prefix}initialSamplingPercentage`]: percent,
      [`${prefix}maxSamplingPercentage`]: percent,
    });
    // Sampled there as well, exceptions and warnings would go with the rest.
    const component = runs[stack].update.registrations.find(({ type }) =>
      type.endsWith("applicationinsights:Component"),
    );
    expect(component?.inputs.samplingPercentage).toBe(100);
  });

  test("say which Front Door is believed, and where people reach it", () => {
    expect(config.frontDoorId).toMatch(/^[0-9a-f-]{36}$/);
    expect(config.origins).toEqual([expect.stringMatching(/^https:\/\/.*\.azurefd\.net$/)]);
  });

  test("are all needed: without any one of them the app does not start, or knows less", () => {
    for (const name of Object.keys(given).filter((one) => !(one in ofTheHost))) {
      const { [name]: _, ...rest } = given;
      expect(
        withoutThrowing(() => readConfig(rest)),
        name,
      ).not.toEqual(config);
    }
  });

  test("and its site's are none that Flex refuses", () => {
    const refused = (name: string) =>
      refusedAppSettings.some((one) => (one.endsWith("*") ? name.startsWith(one.slice(0, -1)) : name === one));
    expect(Object.keys(given).filter(refused)).toEqual([]);
    expect(
      Object.keys(siteOf(stack).siteConfig).filter((name) => refusedSiteConfig.some((one) => one === name)),
    ).toEqual([]);
  });
});

test("tokens of one stack are none of another's", () => {
  expect(readConfig(settingsOf("dev")).tokens.issuer).not.toBe(readConfig(settingsOf("prod")).tokens.issuer);
});

test("an origin that is no address is refused by its name", () => {
  const given = { ...settingsOf("dev"), HEADRACE_ORIGINS: "events.example.com" };
  expect(() => readConfig(given)).toThrow(/HEADRACE_ORIGINS: /);
});

function withoutThrowing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
