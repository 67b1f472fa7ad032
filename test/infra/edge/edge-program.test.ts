import { beforeAll, describe, expect, test } from "vitest";
import { blocked } from "../../../infra/edge/firewall-rules.ts";
import { routePatterns } from "../../../infra/edge/route-patterns.ts";
import type { Registration } from "../../../infra/plan/engine/registration.ts";
import { type EdgeRun, runEdge } from "../support/edge-program.ts";

const two = {
  "headrace:edge": {
    domains: ["events.example.com", "in.example.org"],
    privateLinkLocations: ["westeurope", "northeurope"],
  },
};

let made: EdgeRun;
let seen: EdgeRun;
let small: EdgeRun;

beforeAll(async () => {
  made = await runEdge(two);
  seen = await runEdge(two, true);
  small = await runEdge({ "headrace:edge": { ingestPerMinute: 7_000 } });
});

const idOf = (run: EdgeRun, { urn }: Registration) => run.state[urn]?.id;
const idsOf = (run: EdgeRun, type: string) => run.all(type).map((each) => idOf(run, each));

test("a preview and an update ask for the same resources", () => {
  const names = (run: EdgeRun) => run.registrations.map(({ urn }) => urn).sort();
  expect(names(seen)).toEqual(names(made));
});

test("the profile waits 60 s for the app, and its log has no query strings", () => {
  expect(made.the("cdn:Profile").inputs).toMatchObject({
    sku: { name: "Premium_AzureFrontDoor" },
    originResponseTimeoutSeconds: 60,
    logScrubbing: {
      state: "Enabled",
      scrubbingRules: [{ matchVariable: "QueryStringArgNames", selectorMatchOperator: "EqualsAny", state: "Enabled" }],
    },
  });
});

test("own domains have TLS 1.2 and certificates of Azure", () => {
  for (const { inputs } of made.all("cdn:AFDCustomDomain"))
    expect(inputs.tlsSettings).toEqual({ certificateType: "ManagedCertificate", minimumTlsVersion: "TLS12" });
});

test("the operator is told what to write into DNS, and where people reach the app", () => {
  const { origins, records } = made.outputs as {
    origins: string[];
    records: { type: string; name: string; value: string }[];
  };
  expect(origins).toEqual([
    "https://events.example.com",
    "https://in.example.org",
    expect.stringMatching(/^https:\/\/fde-headrace-prod-[\w-]+\.z01\.azurefd\.net$/),
  ]);
  expect(records.map(({ type, name }) => `${type} ${name}`)).toEqual([
    ...["TXT _dnsauth.events.example.com", "CNAME events.example.com"],
    ...["TXT _dnsauth.in.example.org", "CNAME in.example.org"],
  ]);
  expect(records.filter(({ value }) => value === "")).toEqual([]);
});

describe("the route", () => {
  test("has the product's prefixes, HTTPS in and out, no cache, and every host name", () => {
    const { inputs } = made.the("cdn:Route");
    expect(inputs).toMatchObject({
      patternsToMatch: routePatterns,
      supportedProtocols: ["Https"],
      forwardingProtocol: "HttpsOnly",
      httpsRedirect: "Disabled",
      linkToDefaultDomain: "Enabled",
      enabledState: "Enabled",
      originGroup: { id: idsOf(made, "cdn:AFDOriginGroup")[0] },
    });
    expect(inputs).not.toHaveProperty("cacheConfiguration");
    expect(inputs.customDomains).toEqual(idsOf(made, "cdn:AFDCustomDomain").map((id) => ({ id })));
  });

  test.each(["an update", "a preview"])("in %s waits for origins, their approval and the firewall", (which) => {
    const run = which === "an update" ? made : seen;
    const { dependencies } = run.the("cdn:Route");
    const marks = run.registrations.filter(({ type }) => type === "pulumi:index:Stash");
    expect(marks).toHaveLength(2);
    for (const { urn } of [...run.all("cdn:AFDOrigin"), ...marks, run.the("cdn:SecurityPolicy")])
      expect(dependencies).toContain(urn);
  });
});

describe("origins", () => {
  test("are the app by Private Link, each of a region of its own, and ask with a message of their own", () => {
    const links = made.all("cdn:AFDOrigin").map(({ inputs }) => inputs.sharedPrivateLinkResource);
    expect(links).toEqual(
      ["westeurope", "northeurope"].map((privateLinkLocation) => ({
        groupId: "sites",
        privateLink: { id: expect.stringMatching(/\/Microsoft\.Web\/sites\/func-edge$/) },
        privateLinkLocation,
        requestMessage: expect.stringMatching(
          new RegExp(`^Front Door of headrace-prod-\\w{5} by ${privateLinkLocation}$`),
        ),
      })),
    );
  });

  test("check the app's certificate, and call it by its own name", () => {
    for (const { inputs } of made.all("cdn:AFDOrigin"))
      expect(inputs).toMatchObject({
        hostName: "func-edge.azurewebsites.net",
        originHostHeader: "func-edge.azurewebsites.net",
        enforceCertificateNameCheck: true,
        enabledState: "Enabled",
        priority: 1,
      });
  });

  test("are approved when they are made and when they change, and each has its record of it", () => {
    for (const { hooks } of made.all("cdn:AFDOrigin"))
      expect(hooks).toEqual({ afterCreate: ["approve"], afterUpdate: ["approve"] });
    const marks = made.registrations
      .filter(({ type }) => type === "pulumi:index:Stash")
      .map(({ inputs }) => inputs.input);
    expect(marks).toEqual(
      made.all("cdn:AFDOrigin").map((origin) => {
        const { privateLink, requestMessage } = origin.inputs.sharedPrivateLinkResource as Record<
          string,
          { id: string }
        >;
        return { appId: privateLink?.id, requestMessage, originId: idOf(made, origin) };
      }),
    );
  });

  test("of several regions are asked whether they live, and all get requests", () => {
    const { inputs } = made.the("cdn:AFDOriginGroup");
    expect(inputs).toMatchObject({
      sessionAffinityState: "Disabled",
      healthProbeSettings: { probePath: "/api/health/ready", probeRequestType: "HEAD", probeProtocol: "Https" },
      loadBalancingSettings: { additionalLatencyInMilliseconds: 1_000 },
    });
  });

  test("is one by default, in the app's region, and nobody asks", () => {
    expect(small.the("cdn:AFDOrigin").inputs).toMatchObject({
      sharedPrivateLinkResource: { privateLinkLocation: "westeurope" },
    });
    expect(small.the("cdn:AFDOriginGroup").inputs).not.toHaveProperty("healthProbeSettings");
  });
});

describe("the firewall", () => {
  test("stands before the endpoint and every domain", () => {
    expect(made.the("cdn:SecurityPolicy").inputs.parameters).toEqual({
      type: "WebApplicationFirewall",
      wafPolicy: { id: idsOf(made, "frontdoor:Policy")[0] },
      associations: [
        {
          domains: [...idsOf(made, "cdn:AFDEndpoint"), ...idsOf(made, "cdn:AFDCustomDomain")].map((id) => ({ id })),
          patternsToMatch: ["/*"],
        },
      ],
    });
  });

  test("prevents, reads bodies, and answers with 429 and a body of ours", () => {
    const { inputs } = made.the("frontdoor:Policy");
    expect(inputs).toMatchObject({
      sku: { name: "Premium_AzureFrontDoor" },
      policySettings: {
        enabledState: "Enabled",
        mode: "Prevention",
        requestBodyCheck: "Enabled",
        customBlockResponseStatusCode: 429,
        state: "Enabled",
      },
    });
    const { customBlockResponseBody: body } = inputs.policySettings as Record<string, string>;
    expect(JSON.parse(Buffer.from(body ?? "", "base64").toString())).toEqual(blocked.body);
  });

  test("limits as configured", () => {
    const { inputs } = small.the("frontdoor:Policy");
    expect(inputs.customRules).toMatchObject({ rules: [{ rateLimitThreshold: 7_000 }, { action: "Allow" }] });
  });
});
