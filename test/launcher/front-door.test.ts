import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type Route, routes } from "../../shared/http/routes.ts";
import type { TestOrg } from "../support/connect-product.ts";
import { type FrontDoor, type FrontDoorOptions, startFrontDoor } from "../support/front-door.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";

const profileId = randomUUID();
const origins = ["https://app.example.com", "https://second.example.com"];

let running: TestStack;
let org: TestOrg;
let edge: FrontDoor;

beforeAll(async () => {
  const env = { HEADRACE_FRONT_DOOR_ID: profileId.toUpperCase(), HEADRACE_ORIGINS: origins.join() };
  running = await startTestStack({ env });
  org = await running.product.makeOrg(["events:write", "events:read", "keys:manage", "audit:read"]);
  edge = await startFrontDoor({ origin: running.stack.baseUrl, profileId });
});
afterAll(async () => {
  await edge.close();
  await running.end();
});

const key = () => ({ authorization: `Bearer ${org.key}` });
const through = async (options: Partial<FrontDoorOptions>): Promise<string> => {
  const door = await startFrontDoor({ origin: running.stack.baseUrl, profileId, ...options });
  onTestFinished(() => door.close());
  return door.url;
};

it("events go through it, and its own answers are told from ours", async () => {
  const send = (url: string) =>
    fetch(`${url}/api/v1/events`, { method: "POST", headers: key(), body: '{"event_type":"seen"}' });
  expect((await send(edge.url)).status).toBe(202);
  const limited = await through({ allowed: 1 });
  expect([(await send(limited)).status, (await send(limited)).status]).toEqual([202, 429]);
  const refused = await send(limited);
  expect([refused.headers.get("content-type"), refused.headers.has("x-request-id")]).toEqual(["text/html", false]);
});

it("every route but the probes' refuses what comes past it, or through another profile, whatever the client says", async () => {
  const other = await through({ profileId: randomUUID() });
  for (const base of [running.stack.baseUrl, other]) {
    for (const [name, { method, path, direct }] of Object.entries<Route>(routes)) {
      const forged = { "x-azure-clientip": "203.0.113.9", "x-forwarded-host": "app.example.com" };
      const url = `${base}/${path.replaceAll(/\{\w+\}/g, "x")}`;
      const body = method === "GET" || method === "DELETE" ? undefined : "{}";
      const answer = await fetch(url, {
        method,
        redirect: "manual",
        headers: { ...key(), ...forged },
        ...(body && { body }),
      });
      expect([name, answer.status]).toEqual([name, direct ? 200 : 403]);
    }
  }
  const answer = await fetch(`${running.stack.baseUrl}/api/v1/events`, { headers: { ...key(), "x-azure-fdid": "x" } });
  expect(await answer.json()).toMatchObject({ code: "not_through_front_door" });
});

it("a client's address and host are those that it says, and not those that a client says", async () => {
  const headers = { ...key(), "x-forwarded-for": "203.0.113.9", "x-azure-socketip": "203.0.113.9" };
  const made = await fetch(`${edge.url}/api/v1/keys`, {
    method: "POST",
    headers,
    body: JSON.stringify({ name: "made through Front Door", scopes: ["events:read"] }),
  });
  expect(made.status).toBe(201);
  const audit = await fetch(`${edge.url}/api/v1/audit?action=key.created&limit=1`, { headers: key() });
  expect(await audit.json()).toMatchObject({ entries: [{ client_address: "127.0.0.1" }] });
});

it.each(origins)("signing in at %s leads back there", async (origin) => {
  const headers = { "x-test-host": new URL(origin).host };
  const answer = await fetch(`${edge.url}/api/v1/auth/login?provider=local`, { headers, redirect: "manual" });
  const location = new URL(answer.headers.get("location") ?? "");
  expect(location.searchParams.get("redirect_uri")).toBe(`${origin}/api/v1/auth/callback/local`);
});
