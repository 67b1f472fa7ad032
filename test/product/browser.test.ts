import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { addMember, auth, issuer, makeEmptyOrg, makeInvitation, REFRESH } from "../support/people.ts";

let context: BrowserContext;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ context, close } = await startChromium());
});
afterAll(() => close?.());
beforeEach(() => context.clearCookies());

async function refreshCookie(): Promise<{ value: string; sameSite: string; secure: boolean; httpOnly: boolean }> {
  const found = (await context.cookies(`${auth}/refresh`)).find(({ name }) => name === REFRESH);
  if (!found) throw new Error("the browser has no refresh cookie");
  return found;
}

it("signs in across sites, chooses an org, refreshes and signs out", async () => {
  const [first, second] = [await makeEmptyOrg(), await makeEmptyOrg()];
  await addMember(first, "ben", "viewer");
  await addMember(second, "ben", "member");
  const page = await context.newPage();
  const refused: string[] = [];
  page.on("console", (message) => void (message.type() === "error" && refused.push(message.text())));

  await page.goto(`${auth}/login`);
  await page.getByRole("link", { name: "Sign in with the local provider" }).click();
  expect(new URL(page.url()).origin).toBe(issuer);
  await page.getByRole("link", { name: "Ben" }).click();

  await page.getByRole("heading", { name: "Choose an org" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/api/v1/auth/callback/local");
  await page.getByRole("button", { name: second, exact: true }).click();
  await page.waitForURL(`${auth}/signed-in`);
  await page.getByText(`You are signed in to ${second} as member.`).waitFor();

  const before = await refreshCookie();
  expect(before).toMatchObject({ sameSite: "Strict", secure: true, httpOnly: true });
  expect(await page.evaluate("document.cookie")).toBe("");
  const answered = page.waitForResponse(`${auth}/refresh`);
  await page.getByRole("button", { name: "Refresh" }).click();
  expect((await answered).status()).toBe(200);
  expect((await refreshCookie()).value).not.toBe(before.value);

  // Two tabs that load, and refresh, at the same moment.
  const tabs = await Promise.all([context.newPage(), context.newPage()]);
  await Promise.all(tabs.map((tab) => tab.goto(`${auth}/signed-in`)));
  for (const tab of tabs) await tab.getByText(`You are signed in to ${second} as member.`).waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  expect((await context.cookies(`${auth}/refresh`)).map(({ name }) => name)).not.toContain(REFRESH);
  const [tab] = tabs;
  await tab?.reload();
  await tab?.getByText("The session has ended. Sign in again.").waitFor();
  // Nothing that the pages do is against their own policy; the 401 after sign-out is in the other tab.
  expect(refused).toEqual([]);
});

it("does not send the session's cookie from another site", async () => {
  const orgId = await makeEmptyOrg();
  const token = await makeInvitation(orgId, "viewer");
  const page = await context.newPage();
  await page.goto(`${auth}/join#${token}`);
  expect(await page.getByRole("textbox").inputValue()).toBe(token);
  expect(page.url()).toBe(`${auth}/join`);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText(`You are invited to join ${orgId} as viewer.`).waitFor();
  await page.getByRole("link", { name: "Sign in with the local provider" }).click();
  await page.getByRole("link", { name: "Ada" }).click();
  await page.getByText(`You are signed in to ${orgId} as viewer.`).waitFor();

  // A page of the provider's site tries what an attacker's would.
  await page.goto(`${issuer}/.well-known/openid-configuration`);
  const before = await refreshCookie();
  const sent = page.waitForRequest(`${auth}/logout`);
  const attack = `fetch(${JSON.stringify(`${auth}/logout`)}, { method: "POST", mode: "no-cors", credentials: "include" })`;
  await page.evaluate(`void ${attack}.catch(() => undefined)`);
  const headers = await (await sent).allHeaders();
  expect([headers.origin, headers.cookie]).toEqual([issuer, undefined]);
  await page.goto(`${auth}/signed-in`);
  await page.getByText(`You are signed in to ${orgId} as viewer.`).waitFor();
  expect(before.value).not.toBe("");
});
