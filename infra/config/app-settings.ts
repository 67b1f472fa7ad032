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
  "HEADRACE_CLIENT_ADDRESS_HEADER",
] as const satisfies readonly AppSetting[];

/** Settings that keys stand in, or that emulators need. */
const onlyLocal: readonly string[] = [
  "EventHubConnection",
  "AzureWebJobsStorage",
  "COSMOS_KEY",
  "KEY_VAULT_SKIP_CHALLENGE_CHECK",
  "HEADRACE_OPERATOR_KEY_SHA256",
] satisfies readonly AppSetting[];

/** What is wrong with a setting that the operator gives the app; undefined: nothing. */
export function problemOfAppSetting(name: string, value: string): string | undefined {
  if (!Object.hasOwn(settings.shape, name)) return "the app has no such setting: docs/configuration.md has them all";
  if ((givenByProgram as readonly string[]).includes(name)) return "the program sets it: take it out";
  if (name === "HEADRACE_IDENTITY_PROVIDERS") return "write headrace:app.identityProviders instead";
  if (onlyLocal.includes(name)) return "is for one machine only, and nothing here takes keys: take it out";
  return problemOfValue(name as AppSetting, value);
}

/** The app's own word on a value. */
export function problemOfValue(name: AppSetting, value: string): string | undefined {
  const parsed = settings.shape[name].safeParse(value);
  if (parsed.success) return undefined;
  return parsed.error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; ");
}
