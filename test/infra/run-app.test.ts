import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { backgroundFunctions } from "../../functions/triggers.ts";
import { CLIENT_ID, CLIENT_SECRET_NAME } from "../../local/launcher/openid-client.ts";
import { readConfig } from "../../shared/config.ts";
import type { TestOrg } from "../support/connect-product.ts";
import { startFrontDoor } from "../support/front-door.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";
import { type AppHost, startAppHost, startUserAssignedOnly } from "./support/app-host.ts";
import { at, theOne } from "./support/registrations.ts";

type Env = Readonly<Record<string, string>>;

/** Where things are, and who the app is: what is here in their place. */
const replaced = [
  "EventHubConnection__fullyQualifiedNamespace",
  "EventHubConnection__clientId",
  "AzureWebJobsStorage__blobServiceUri",
  "AzureWebJobsStorage__queueServiceUri",
  "AzureWebJobsStorage__clientId",
  "COSMOS_ENDPOINT",
  "KEY_VAULT_URL",
  "AZURE_CLIENT_ID",
];
/** What the platform gives, and what emulators need whose certificate nobody knows. */
const ofThePlatform = ["IDENTITY_HEADER", "NODE_EXTRA_CA_CERTS", "KEY_VAULT_SKIP_CHALLENGE_CHECK"];

let running: TestStack;
let identity: Awaited<ReturnType<typeof startUserAssignedOnly>>;
let org: TestOrg;
/** As the program gives them. */
let given: Env;
let platform: Env;

const pick = (env: Env, names: readonly string[]): Env =>
  Object.fromEntries(names.map((name) => [name, env[name] ?? ""]));

beforeAll(async () => {
  // The stack's own app only answers: what follows is left to the one that is tested.
  const disabled = Object.fromEntries(backgroundFunctions.map((name) => [`AzureWebJobs.${name}.Disabled`, "true"]));
  running = await startTestStack({ access: "managed-identity", env: disabled });
  const { env, openid } = running.stack;
  identity = await startUserAssignedOnly(env.IDENTITY_ENDPOINT ?? "");
  platform = { ...pick(env, ofThePlatform), IDENTITY_ENDPOINT: identity.endpoint };
  given = { ...(await readProgram(openid.issuer)), ...pick(env, replaced) };
  org = await running.product.makeOrg(["events:write", "events:read"]);
});
afterAll(async () => {
  identity.close();
  await running.end();
});

/** The settings of the program's app, whose people sign in with this provider. */
async function readProgram(issuer: string): Promise<Env> {
  const provider = { id: "local", name: "local", issuer, client_id: CLIENT_ID, client_secret_name: CLIENT_SECRET_NAME };
  const config = { "headrace:app": JSON.stringify({ identityProviders: [provider] }) };
  const { runProgram } = await import("../../infra/plan/run-program.ts");
  const run = await runProgram({ stack: "prod", preview: false, config });
  const settings = at(theOne(run.registrations, "web:WebApp"), "siteConfig.appSettings");
  return Object.fromEntries((settings as { name: string; value: string }[]).map(({ name, value }) => [name, value]));
}

interface App {
  readonly host: AppHost;
  readonly frontDoor: string;
}

async function start(env: Env): Promise<App> {
  const host = await startAppHost(running.stack, { ...env, ...platform });
  onTestFinished(() => host.end());
  const door = await startFrontDoor({ origin: host.baseUrl, profileId: given.HEADRACE_FRONT_DOOR_ID ?? "" });
  onTestFinished(() => door.close());
  return { host, frontDoor: door.url };
}

const key = () => ({ authorization: `Bearer ${org.key}` });
const isReady = async ({ frontDoor }: App): Promise<boolean> =>
  (await fetch(`${frontDoor}/api/health/ready`)).status === 200;

async function send({ frontDoor }: App, id: string): Promise<string> {
  const body = JSON.stringify({ event_id: id, event_type: "seen" });
  const answer = await fetch(`${frontDoor}/api/v1/events`, { method: "POST", headers: key(), body });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { receipt_id: string }).receipt_id;
}

async function isSettled({ frontDoor }: App, receipt: string): Promise<boolean> {
  const answer = await fetch(`${frontDoor}/api/v1/receipts/${receipt}`, { headers: key() });
  return ((await answer.json()) as { status?: string }).status === "settled";
}

async function readToken({ frontDoor }: App): Promise<{ iss?: string; aud?: unknown }> {
  const body = new URLSearchParams({ grant_type: "client_credentials", client_secret: org.key });
  const answer = await fetch(`${frontDoor}/api/v1/auth/token`, { method: "POST", body });
  return decodeJwt(((await answer.json()) as { access_token: string }).access_token);
}

/** Where signing in at the program's origin leads, and back to. */
async function readSignIn({ frontDoor }: App): Promise<URL | undefined> {
  const headers = { "x-test-host": new URL(given.HEADRACE_ORIGINS ?? "").host };
  const answer = await fetch(`${frontDoor}/api/v1/auth/login?provider=local`, { headers, redirect: "manual" });
  const location = answer.headers.get("location");
  return location === null ? undefined : new URL(location);
}

/** The status of a request that did not come through Front Door. */
async function readBeside({ host }: App): Promise<number> {
  return (await fetch(`${host.baseUrl}/api/v1/events`, { headers: key() })).status;
}

/** Whose page `/` is, by what it is answered beside Front Door: the app refuses that, the host's own page does not. */
async function readHome({ host }: App): Promise<number> {
  return (await fetch(host.baseUrl, { redirect: "manual" })).status;
}

test("the product runs with the settings that the program gives: ready, stores, tells tokens apart, signs in", async () => {
  const app = await start(given);
  await until(() => isReady(app));
  const receipt = await send(app, "whole");
  await until(() => isSettled(app, receipt));
  expect(await readToken(app)).toMatchObject({ iss: given.HEADRACE_TOKEN_ISSUER, aud: given.HEADRACE_TOKEN_AUDIENCE });
  const signIn = await readSignIn(app);
  expect(signIn?.searchParams.get("redirect_uri")).toBe(`${given.HEADRACE_ORIGINS}/api/v1/auth/callback/local`);
  expect([await readBeside(app), await readHome(app)]).toEqual([403, 403]);
});

/** What shows when a setting is missing that the app itself can do without. */
const lost: Readonly<Record<string, (rest: Env) => Promise<void>>> = {
  AZURE_CLIENT_ID: async (rest) => expect(await isReady(await start(rest))).toBe(false),
  AzureWebJobsStorage__credential: (rest) => expect(start(rest)).rejects.toThrow(NO_IDENTITY),
  AzureWebJobsStorage__clientId: (rest) => expect(start(rest)).rejects.toThrow(NO_IDENTITY),
  EventHubConnection__credential: (rest) => dispatchesNothing(rest),
  EventHubConnection__clientId: (rest) => dispatchesNothing(rest),
  HEADRACE_TOKEN_ISSUER: async (rest) => expect((await readToken(await start(rest))).iss).toBe("urn:headrace"),
  HEADRACE_TOKEN_AUDIENCE: async (rest) => expect((await readToken(await start(rest))).aud).toBe("urn:headrace:api"),
  HEADRACE_ORIGINS: async (rest) => expect(await readSignIn(await start(rest))).toBeUndefined(),
  HEADRACE_IDENTITY_PROVIDERS: async (rest) => expect(await readSignIn(await start(rest))).toBeUndefined(),
  HEADRACE_FRONT_DOOR_ID: async (rest) => expect(await readBeside(await start(rest))).toBe(200),
  AzureWebJobsDisableHomepage: async (rest) => expect(await readHome(await start(rest))).toBe(200),
};

const SAMPLING = "AzureFunctionsJobHost__logging__applicationInsights__samplingSettings";
/** Settings that only Azure's own host heeds, and what is lost without them. */
const notHere: Readonly<Record<string, string>> = {
  AzureWebJobsStorage__tableServiceUri: "the host's diagnostic events",
  APPLICATIONINSIGHTS_CONNECTION_STRING: "telemetry",
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: "telemetry: Application Insights takes it from a known identity only",
  [`${SAMPLING}__initialSamplingPercentage`]: "the share of requests: host.json's takes its place",
  [`${SAMPLING}__maxSamplingPercentage`]: "the same",
};

const NO_IDENTITY = /No System Assigned Managed Identity found/;

async function dispatchesNothing(rest: Env): Promise<void> {
  const { host } = await start(rest);
  await until(async () => /dispatch - Cannot share the partitions of events: .*No System/.test(host.readLog()));
}

const without = (name: string): Env => Object.fromEntries(Object.entries(given).filter(([one]) => one !== name));

test("without any other setting that the program gives, the app does not start and names it", () => {
  const others = Object.keys(given).filter((name) => !(name in lost || name in notHere));
  expect(others).toHaveLength(Object.keys(given).length - Object.keys({ ...lost, ...notHere }).length);
  for (const name of others) expect(() => readConfig(without(name)), name).toThrow(name);
});

test.each(Object.keys(lost))("without %s it is seen what is lost", (name) => lost[name]?.(without(name)));
