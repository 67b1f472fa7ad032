import { settings } from "../../shared/config.ts";

type AppSetting = keyof typeof settings.shape;

/** Settings of the app that the program gives it: where things are, and who it is. */
export const givenByProgram = [
  "EventHubConnection__fullyQualifiedNamespace",
  "EVENT_HUB_NAME",
  "AzureWebJobsStorage__blobServiceUri",
  "AzureWebJobsStorage__queueServiceUri",
  "COSMOS_ENDPOINT",
  "AZURE_CLIENT_ID",
  "KEY_VAULT_URL",
  "HEADRACE_TOKEN_ISSUER",
  "HEADRACE_TOKEN_AUDIENCE",
  "HEADRACE_OPERATOR_ISSUER",
  "HEADRACE_OPERATOR_AUDIENCE",
  "HEADRACE_ORIGINS",
  "HEADRACE_FRONT_DOOR_ID",
] as const satisfies readonly AppSetting[];

/** Settings that have no place here, and why. */
const misplaced: Readonly<Partial<Record<AppSetting, string>>> = {
  EventHubConnection: "nothing here takes keys: take it out",
  AzureWebJobsStorage: "nothing here takes keys: take it out",
  COSMOS_KEY: "nothing here takes keys: take it out",
  HEADRACE_OPERATOR_KEY_SHA256: "nothing here takes keys: take it out",
  KEY_VAULT_SKIP_CHALLENGE_CHECK: "is for emulators: take it out",
  HEADRACE_CLIENT_ADDRESS_HEADER: "is without effect behind Front Door: take it out",
  HEADRACE_IDENTITY_PROVIDERS: "write headrace:app.identityProviders instead",
};

/** What is wrong with a setting that the operator gives the app; undefined: nothing. */
export function problemOfAppSetting(name: string, value: string): string | undefined {
  if (!Object.hasOwn(settings.shape, name)) return "the app has no such setting: docs/configuration.md has them all";
  if ((givenByProgram as readonly string[]).includes(name)) return "the program sets it: take it out";
  return misplaced[name as AppSetting] ?? problemOfValue(name as AppSetting, value);
}

/** The app's own word on a value. */
export function problemOfValue(name: AppSetting, value: string): string | undefined {
  const parsed = settings.shape[name].safeParse(value);
  if (parsed.success) return undefined;
  return parsed.error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; ");
}
