import { readSettings, type Settings } from "../../../infra/config/settings.ts";

const id = "11111111-2222-3333-4444-555555555555";

const complete: Readonly<Record<string, unknown>> = {
  "azure-native:location": "westeurope",
  "azure-native:subscriptionId": id,
  "azure-native:tenantId": id,
  "headrace:name": "headrace",
  "headrace:operator": { clientId: id },
  "headrace:monitoring": { emails: ["oncall@example.com"], monthlyBudget: 500 },
  "headrace:release": { version: "1.2.3", sha256: "a".repeat(64), url: "https://example.com/headrace.zip" },
};

/** Settings of a stack `prod` that configures no more than it must, but for these changes. */
export function settingsWith(changes: Readonly<Record<string, unknown>> = {}): Settings {
  const values = Object.entries({ ...complete, ...changes }).map(([key, value]): [string, string] => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return readSettings({ stack: "prod", values: Object.fromEntries(values), secretKeys: [] });
}
