import { id } from "./stack-config.ts";

const provider = {
  id: "example",
  name: "Example",
  issuer: "https://id.example.com",
  client_id: "headrace",
  client_secret_name: "example-client-secret",
};

const options: Readonly<Record<string, unknown>> = {
  "headrace:locks": true,
  "headrace:tags": { team: "ingest" },
  "headrace:network": { appEndpoint: { from: ["10.9.0.0/24"] } },
  "headrace:eventHubs": { sku: "Premium", units: 2, partitions: 64, retentionHours: 720, capture: { days: 14 } },
  "headrace:app": {
    alwaysReady: { http: 2, "function:dispatch": 2 },
    settings: { HEADRACE_AUDIT_DAYS: "30" },
    identityProviders: [provider],
  },
  "headrace:edge": { domains: ["events.example.com"], privateLinkLocations: ["eastus2", "centralus"] },
  "headrace:monitoring": {
    emails: ["oncall@example.com"],
    monthlyBudget: 3000,
    logs: { frontDoorAccess: true, frontDoorFirewall: true, app: true, cosmosDataPlane: true },
  },
  "headrace:release": {
    version: "1.2.3",
    sha256: "a".repeat(64),
    upload: { file: "headrace.zip", from: ["203.0.113.7"], principalId: id, principalType: "User" },
  },
};

/** The configuration that turns on all that is off by default, over what the stack `prod` says. */
export const everyOption: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(options).map(([key, value]) => [key, JSON.stringify(value)]),
);
