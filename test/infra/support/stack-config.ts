import { readSettings } from "../../../infra/config/settings.ts";

export const id = "11111111-2222-3333-4444-555555555555";
export const release = { version: "1.2.3", sha256: "a".repeat(64), url: "https://example.com/headrace.zip" };
export const upload = { file: "../dist/headrace.zip", from: ["203.0.113.7"], principalId: id, principalType: "User" };
export const monitoring = { emails: ["oncall@example.com"], monthlyBudget: 500 };

const complete: Readonly<Record<string, unknown>> = {
  "azure-native:location": "westeurope",
  "azure-native:subscriptionId": id,
  "azure-native:tenantId": id,
  "headrace:name": "headrace",
  "headrace:operator": { clientId: id },
  "headrace:monitoring": monitoring,
  "headrace:release": release,
};

/** What Pulumi hands over: text, and JSON for what is not. */
export function read(
  changes: Readonly<Record<string, unknown>> = {},
  { stack = "prod", secretKeys = [] as string[] } = {},
) {
  const values = Object.entries({ ...complete, ...changes })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
  return readSettings({ stack, values: Object.fromEntries(values) as Record<string, string>, secretKeys });
}

/** The lines of the refusal that name a key. */
export function refusals(changes: Readonly<Record<string, unknown>>, options?: Parameters<typeof read>[1]): string[] {
  try {
    read(changes, options);
  } catch (error) {
    const lines = (error as Error).message.split("\n").filter((line) => line.startsWith("  - "));
    return lines.map((line) => line.slice(4));
  }
  return [];
}
