import { describe, expect, test } from "vitest";
import { monitoring, refusals, release, upload } from "./support/stack-config.ts";

const refused: Readonly<Record<string, readonly [changes: Readonly<Record<string, unknown>>, answer: RegExp][]>> = {
  "without what only the operator knows": [
    [
      { "azure-native:subscriptionId": undefined },
      /^azure-native:subscriptionId: write the subscription's id, a GUID$/,
    ],
    [{ "azure-native:subscriptionId": "mine" }, /^azure-native:subscriptionId: write the subscription's id, a GUID$/],
    [{ "azure-native:tenantId": undefined }, /^azure-native:tenantId: write the tenant's id, a GUID$/],
    [{ "azure-native:location": undefined }, /^azure-native:location: write the region, such as westeurope$/],
    [{ "headrace:operator": undefined }, /^headrace:operator: write `clientId`$/],
    [{ "headrace:operator": { clientId: "me" } }, /^headrace:operator\.clientId: write the client id/],
    [{ "headrace:monitoring": undefined }, /^headrace:monitoring: write at least `emails` and `monthlyBudget`$/],
    [{ "headrace:monitoring": { ...monitoring, emails: [] } }, /^headrace:monitoring\.emails: write at least one/],
    [{ "headrace:monitoring": { ...monitoring, emails: ["me"] } }, /^headrace:monitoring\.emails\.0: write an address/],
    [
      { "headrace:monitoring": { ...monitoring, monthlyBudget: 0 } },
      /^headrace:monitoring\.monthlyBudget: write an amount/,
    ],
    [
      { "headrace:monitoring": { ...monitoring, dailyCapGb: 0 } },
      /^headrace:monitoring\.dailyCapGb: write 0\.1 to 1000/,
    ],
    [
      { "headrace:monitoring": { ...monitoring, retentionDays: 7 } },
      /^headrace:monitoring\.retentionDays: write 30 to 730/,
    ],
    [{ "headrace:release": undefined }, /^headrace:release: write `version`, `sha256`, and `url` or `upload`/],
  ],
  "with names that Azure would refuse": [
    [{ "headrace:name": "Head-Race" }, /^headrace:name: write 2 to 12 of a-z and 0-9, a letter first$/],
    [{ "headrace:name": "averyverylongname" }, /^headrace:name: write 2 to 12/],
    [{ "headrace:name": "2fast" }, /^headrace:name: write 2 to 12/],
    [{ "headrace:suffix": "A_b" }, /^headrace:suffix: write 3 to 6 of a-z and 0-9$/],
  ],
  "with address blocks that don't fit": [
    [
      { "headrace:network": { addressSpace: "10.40.0.1/22" } },
      /^headrace:network\.addressSpace: "10\.40\.0\.1\/22" is not a block/,
    ],
    [{ "headrace:network": { appSubnet: "10.40.0.0" } }, /^headrace:network\.appSubnet: "10\.40\.0\.0" is not a block/],
    [{ "headrace:network": { appSubnet: 7 } }, /^headrace:network\.appSubnet: write a block of addresses/],
    [
      { "headrace:network": { addressSpace: "8.8.0.0/16" } },
      /^headrace:network\.addressSpace: 8\.8\.0\.0\/16 is not private/,
    ],
    [
      { "headrace:network": { appSubnet: "10.41.0.0/26" } },
      /^headrace:network\.appSubnet: 10\.41\.0\.0\/26 is outside of addressSpace/,
    ],
    [
      { "headrace:network": { appSubnet: "10.40.0.0/27" } },
      /^headrace:network\.appSubnet: 10\.40\.0\.0\/27 is too small: write a \/26/,
    ],
    [
      { "headrace:network": { endpointSubnet: "10.40.1.0/28" } },
      /^headrace:network\.endpointSubnet: .* write a \/27 or larger$/,
    ],
    [
      { "headrace:network": { endpointSubnet: "10.40.0.32/27" } },
      /^headrace:network\.endpointSubnet: 10\.40\.0\.32\/27 overlaps appSubnet 10\.40\.0\.0\/26/,
    ],
    [{ "headrace:network": { appEndpoint: { from: [] } } }, /^headrace:network\.appEndpoint\.from: write who comes in/],
    [
      { "headrace:network": { appEndpoint: { from: ["any"] } } },
      /^headrace:network\.appEndpoint\.from: "any" is not a block/,
    ],
    [
      { "headrace:network": { appEndpoint: { from: ["0.0.0.0/0"] } } },
      /^headrace:network\.appEndpoint\.from: 0\.0\.0\.0\/0 is not private/,
    ],
  ],
  "in a region that lacks something": [
    [
      { "azure-native:location": "atlantis" },
      /^azure-native:location: "atlantis" is not in infra\/config\/regions\.ts: write one of australiaeast/,
    ],
    [
      { "azure-native:location": "switzerlandnorth", "headrace:edge": { privateLinkLocations: ["westeurope"] } },
      /^azure-native:location: switzerlandnorth has no Flex Consumption: write one of/,
    ],
    [
      { "azure-native:location": "westus", "headrace:edge": { privateLinkLocations: ["westus2"] } },
      /^headrace:zones: westus has no availability zones: write false, or another region/,
    ],
    [
      { "azure-native:location": "italynorth" },
      /^headrace:edge\.privateLinkLocations: Front Door does not enter in italynorth, where the app is: write the nearest of/,
    ],
    [
      { "headrace:edge": { privateLinkLocations: ["italynorth"] } },
      /^headrace:edge\.privateLinkLocations: Front Door does not enter in "italynorth"/,
    ],
    [
      { "headrace:edge": { privateLinkLocations: ["westeurope", "West Europe"] } },
      /^headrace:edge\.privateLinkLocations: write each region once/,
    ],
    [{ "azure-native:environment": "usgovernment" }, /^azure-native:environment: write public/],
  ],
  "with sizes that are out of range": [
    [{ "headrace:app": { memoryMb: 1024 } }, /^headrace:app\.memoryMb: write 512, 2048 or 4096$/],
    [{ "headrace:app": { memoryMb: "2 GB" } }, /^headrace:app\.memoryMb: write 512, 2048 or 4096$/],
    [{ "headrace:app": { httpConcurrency: 0 } }, /^headrace:app\.httpConcurrency: write 1 to 1000 requests at once/],
    [{ "headrace:app": { httpConcurrency: 1001 } }, /^headrace:app\.httpConcurrency: write 1 to 1000/],
    [{ "headrace:app": { httpConcurrency: 1.5 } }, /^headrace:app\.httpConcurrency: write 1 to 1000/],
    [{ "headrace:app": { maxInstances: 39 } }, /^headrace:app\.maxInstances: write 40 to 1000 instances$/],
    [{ "headrace:app": { alwaysReady: { http: 0 } } }, /^headrace:app\.alwaysReady\.http: write 1 to 1000 instances$/],
    [{ "headrace:app": { alwaysReady: { http: 1 } } }, /^headrace:app\.alwaysReady\.http: write 2 or more: with zones/],
    [
      { "headrace:app": { maxInstances: 40, alwaysReady: { http: 41 } } },
      /^headrace:app\.alwaysReady: write 40 at most/,
    ],
    [{ "headrace:eventHubs": { partitions: 0 } }, /^headrace:eventHubs\.partitions: write 1 to 100 partitions$/],
    [{ "headrace:eventHubs": { partitions: 33 } }, /^headrace:eventHubs\.partitions: write 1 to 32 for Standard$/],
    [
      { "headrace:eventHubs": { retentionHours: 169 } },
      /^headrace:eventHubs\.retentionHours: write 1 to 168 hours for Standard$/,
    ],
    [{ "headrace:eventHubs": { sku: "Basic" } }, /^headrace:eventHubs\.sku: write Standard or Premium$/],
    [
      { "headrace:eventHubs": { sku: "Premium", units: 3 } },
      /^headrace:eventHubs\.units: write 1, 2, 4, 8, 16 processing units/,
    ],
    [{ "headrace:eventHubs": { sku: "Premium", maxUnits: 4 } }, /^headrace:eventHubs\.maxUnits: Premium adds no units/],
    [{ "headrace:eventHubs": { units: 4, maxUnits: 2 } }, /^headrace:eventHubs\.maxUnits: write 4 or more/],
    [
      { "headrace:eventHubs": { capture: { seconds: 10 } } },
      /^headrace:eventHubs\.capture\.seconds: write 60 to 900 seconds$/,
    ],
    [
      { "headrace:cosmos": { sharedMaxRu: 400 } },
      /^headrace:cosmos\.sharedMaxRu: write 1000 to 1000000 RU\/s .*, in steps of 1000$/,
    ],
    [
      { "headrace:cosmos": { dedicatedMaxRu: { events: 1500 } } },
      /^headrace:cosmos\.dedicatedMaxRu\.events: write 1000/,
    ],
    [
      { "headrace:cosmos": { backup: "Periodic" } },
      /^headrace:cosmos\.backup: write Continuous7Days or Continuous30Days$/,
    ],
    [{ "headrace:storage": { softDeleteDays: 1 } }, /^headrace:storage\.softDeleteDays: write 7 to 365 days$/],
    [{ "headrace:keyVault": { softDeleteDays: 91 } }, /^headrace:keyVault\.softDeleteDays: write 7 to 90 days$/],
    [{ "headrace:edge": { ingestPerMinute: 10 } }, /^headrace:edge\.ingestPerMinute: write 200 to/],
    [{ "headrace:edge": { domains: ["https://events.example.com"] } }, /^headrace:edge\.domains\.0: write a host name/],
  ],
  "that names what does not exist": [
    [
      { "headrace:app": { alwaysReady: { "function:ingest": 2 } } },
      /^headrace:app\.alwaysReady\.function:ingest: there is no such group or function: write one of http, function:dispatch/,
    ],
    [
      { "headrace:cosmos": { dedicatedMaxRu: { sales: 1000 } } },
      /^headrace:cosmos\.dedicatedMaxRu\.sales: there is no such container: write one of events, /,
    ],
    [{ "headrace:zone": true }, /^headrace:zone: there is no such setting: write one of name, suffix, zones, /],
    [
      { "headrace:network": { vnet: "10.0.0.0/8" } },
      /^headrace:network\.vnet: there is no such setting: write one of addressSpace, appSubnet, /,
    ],
    [
      { "headrace:app": { settings: { HEADRACE_MAX_EVENT: "9" } } },
      /^headrace:app\.settings\.HEADRACE_MAX_EVENT: the app has no such setting/,
    ],
    [
      { "headrace:app": { settings: { toString: "9" } } },
      /^headrace:app\.settings\.toString: the app has no such setting/,
    ],
  ],
  "that gives the app a setting that is not the operator's": [
    [
      { "headrace:app": { settings: { EVENT_HUB_NAME: "mine" } } },
      /^headrace:app\.settings\.EVENT_HUB_NAME: the program sets it/,
    ],
    [
      { "headrace:app": { settings: { COSMOS_KEY: "abc" } } },
      /^headrace:app\.settings\.COSMOS_KEY: nothing here takes keys/,
    ],
    [
      { "headrace:app": { settings: { HEADRACE_IDENTITY_PROVIDERS: "[]" } } },
      /^headrace:app\.settings\.HEADRACE_IDENTITY_PROVIDERS: write headrace:app\.identityProviders/,
    ],
    [
      { "headrace:app": { settings: { HEADRACE_MAX_EVENTS: "70000" } } },
      /^headrace:app\.settings\.HEADRACE_MAX_EVENTS: Too big/,
    ],
    [
      { "headrace:app": { settings: { HEADRACE_MAX_EVENTS: 70000 } } },
      /^headrace:app\.settings\.HEADRACE_MAX_EVENTS: write the value as text/,
    ],
    [{ "headrace:app": { identityProviders: [{ id: "entra" }] } }, /^headrace:app\.identityProviders: 0: name: /],
    [
      {
        "headrace:app": {
          identityProviders: [{ id: "e", name: "E", issuer: "https://e.example", client_id: "1", client_secret: "s" }],
        },
      },
      /^headrace:app\.identityProviders: /,
    ],
  ],
  "with tags that cannot be": [
    [{ "headrace:tags": { stack: "x" } }, /^headrace:tags: the program sets stack itself/],
    [{ "headrace:tags": { "a/b": "x" } }, /^headrace:tags: a\/b: write a name/],
    [
      { "headrace:tags": Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`t${i}`, "x"])) },
      /^headrace:tags: write 12 tags at most$/,
    ],
  ],
  "with a release that cannot be checked": [
    [{ "headrace:release": { ...release, sha256: "abc" } }, /^headrace:release\.sha256: write the bundle's SHA-256/],
    [
      { "headrace:release": { ...release, url: "http://example.com/a.zip" } },
      /^headrace:release\.url: write an https address$/,
    ],
    [
      { "headrace:release": { ...release, version: "latest" } },
      /^headrace:release\.version: write the release's version/,
    ],
    [
      { "headrace:release": { ...release, upload } },
      /^headrace:release: write `version`, `sha256`, and `url` or `upload`: one of them$/,
    ],
    [{ "headrace:release": { ...release, url: undefined } }, /^headrace:release: write `version`/],
    [
      { "headrace:release": { ...release, url: undefined, upload: { ...upload, from: ["10.0.0.4"] } } },
      /^headrace:release\.upload\.from: "10\.0\.0\.4" is not a public IPv4 address/,
    ],
    [
      { "headrace:release": { ...release, url: undefined, upload: { ...upload, from: ["0.0.0.0/0"] } } },
      /^headrace:release\.upload\.from: "0\.0\.0\.0\/0" is not a public/,
    ],
  ],
  "with a secret in plain text": [
    [
      { "headrace:tags": { a: `DefaultEndpointsProtocol=https;AccountKey=${"a".repeat(20)}` } },
      /^headrace:tags: looks like a connection string in plain text: put it into the vault/,
    ],
    [
      { "headrace:app": { settings: { HEADRACE_TOKEN_ISSUER: `${"a".repeat(86)}==` } } },
      /^headrace:app: looks like a key of an Azure account/,
    ],
    [
      {
        "headrace:release": {
          ...release,
          url: `https://a.blob.core.windows.net/r/h.zip?sv=1&sig=${"A".repeat(43)}%3D`,
        },
      },
      /^headrace:release: looks like a shared access signature/,
    ],
    [
      { "headrace:app": { identityProviders: [{ client_secret: `abc8Q~${"x".repeat(34)}` }] } },
      /^headrace:app: looks like a client secret/,
    ],
    [{ "headrace:tags": { a: `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.c` } }, /^headrace:tags: looks like a token/],
    [{ "headrace:tags": { a: `hr_acme_${"a".repeat(40)}` } }, /^headrace:tags: looks like an API key of Headrace/],
    [{ "azure-native:clientSecret": "whatever" }, /^azure-native:clientSecret: take it out: sign in with `az login`/],
  ],
};

for (const [title, cases] of Object.entries(refused)) {
  describe(`a configuration ${title} is refused, and the answer names the key and what to write`, () => {
    test.each(cases.map(([changes, answer]) => ({ changes, answer, title: JSON.stringify(changes) })))(
      "$title",
      ({ changes, answer }) => {
        const lines = refusals(changes);
        expect(lines.filter((line) => answer.test(line))).toHaveLength(1);
      },
    );
  });
}
