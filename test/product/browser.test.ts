import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
// biome-ignore lint/correctness/noUnresolvedImports: it exports through CommonJS, which the rule does not see.
import type { BrowserContext, Page, Response } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { inspectPage, tabThrough } from "../support/inspect-page.ts";
import { addMember, auth, callAs, issuer, makeEmptyOrg, makeInvitation, REFRESH } from "../support/people.ts";

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

/** Waits for a text; the error says what the page shows instead. */
async function see(page: Page | undefined, text: string): Promise<void> {
  const shown = page?.getByText(text).waitFor({ timeout: 20_000 });
  await shown?.catch(async () => {
    throw new Error(`"${text}" is not on ${page?.url()}, which shows: ${await page?.innerText("body")}`);
  });
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
  await page.waitForURL(`${issuer}/**`);
  await page.getByRole("link", { name: "Ben" }).click();

  await page.getByRole("heading", { name: "Choose an org" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/api/v1/auth/callback/local");
  await page.getByRole("button", { name: second, exact: true }).click();
  await page.waitForURL(`${auth}/signed-in`);
  await see(page, `You are signed in to ${second} as member.`);

  const before = await refreshCookie();
  expect(before).toMatchObject({ sameSite: "Strict", secure: true, httpOnly: true });
  expect(await page.evaluate("document.cookie")).toBe("");
  const answered = page.waitForResponse(`${auth}/refresh`);
  await page.getByRole("button", { name: "Refresh" }).click();
  expect((await answered).status()).toBe(200);
  expect((await refreshCookie()).value).not.toBe(before.value);

  await page.getByRole("button", { name: "Show an access token" }).click();
  const shown = await page.locator("pre").innerText();
  expect((await callAs(shown, "GET", "/api/v1/events")).status).toBe(200);

  // Two tabs that load, and refresh, at the same moment.
  const tabs = await Promise.all([context.newPage(), context.newPage()]);
  await Promise.all(tabs.map((tab) => tab.goto(`${auth}/signed-in`)));
  for (const tab of tabs) await see(tab, `You are signed in to ${second} as member.`);

  await page.getByRole("button", { name: "Sign out" }).click();
  await see(page, "You are signed out.");
  expect((await context.cookies(`${auth}/refresh`)).map(({ name }) => name)).not.toContain(REFRESH);
  const [tab] = tabs;
  await tab?.reload();
  await see(tab, "The session has ended. Sign in again.");
  // The pages do nothing against their own policy.
  expect(refused.filter((text) => text.includes("Security Policy"))).toEqual([]);
});

it("does not send the session's cookie from another site", async () => {
  const orgId = await makeEmptyOrg();
  const token = await makeInvitation(orgId, "viewer");
  const page = await context.newPage();
  await page.goto(`${auth}/join#${token}`);
  expect(await page.getByRole("textbox").inputValue()).toBe(token);
  expect(page.url()).toBe(`${auth}/join`);
  await page.getByRole("button", { name: "Continue" }).click();
  await see(page, `You are invited to join ${orgId} as viewer.`);
  await page.getByRole("link", { name: "Sign in with the local provider" }).click();
  await page.getByRole("link", { name: "Ada" }).click();
  await see(page, `You are signed in to ${orgId} as viewer.`);

  // A page of another site tries to sign the person out: by a form, and by a script.
  const attacker = createServer((_request, response) => {
    const form = `<form method="post" action="${auth}/logout"><button>Win</button></form>`;
    response.writeHead(200, { "content-type": "text/html" }).end(form);
  });
  await new Promise<void>((resolve) => void attacker.listen(0, "127.0.0.1", resolve));
  try {
    const evil = `http://localhost:${(attacker.address() as AddressInfo).port}`;
    await page.goto(evil);
    const script = page.waitForRequest(`${auth}/logout`);
    await page.evaluate(
      `fetch("${auth}/logout", { method: "POST", mode: "no-cors", credentials: "include" }).catch(() => {})`,
    );
    expect((await (await script).allHeaders()).cookie).toBeUndefined();
    const form = page.waitForResponse(`${auth}/logout`);
    await page.getByRole("button", { name: "Win" }).click();
    const response = await form;
    const { origin, cookie } = await response.request().allHeaders();
    expect([response.status(), origin, cookie]).toEqual([403, evil, undefined]);
  } finally {
    attacker.close();
  }
  await page.goto(`${auth}/signed-in`);
  await see(page, `You are signed in to ${orgId} as viewer.`);
});

it("shows pages that can be read by day and night, in small windows and by keyboard", async () => {
  const orgs = [await makeEmptyOrg(), await makeEmptyOrg()];
  for (const orgId of orgs) await addMember(orgId, "ben", "admin");
  const page = await context.newPage();
  const answers: Response[] = [];
  page.on("response", (answer) => void answers.push(answer));
  const expectSound = async (heading: string | RegExp): Promise<void> => {
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor({ timeout: 20_000 });
    expect(await inspectPage(page)).toEqual([]);
  };
  await page.goto(`${auth}/login`);
  await expectSound("Sign in");
  for (const path of ["login?provider=nope", "login?return_to=//x", "callback/local?state=x"]) {
    await page.goto(`${auth}/${path}`);
    await expectSound(/./);
  }
  // A second invitation, opened in the tab of the first.
  await page.goto(`${auth}/join#hri_first`);
  await page.goto(`${auth}/join#${await makeInvitation(await makeEmptyOrg(), "viewer")}`);
  await page.waitForURL(`${auth}/join`);
  await expectSound("Join an org");
  expect((await tabThrough(page, 2)).slice(0, 2)).toEqual(["INPUT invitation", "BUTTON Continue"]);
  await page.keyboard.press("Enter");
  await expectSound(/^Join test-/);

  await context.clearCookies();
  await page.goto(`${auth}/login?provider=local`);
  await page.getByRole("link", { name: "Ben" }).click();
  await expectSound("Choose an org");
  const stops = await tabThrough(page, (await page.getByRole("button").count()) + 2);
  expect(stops).toEqual(expect.arrayContaining(orgs.map((orgId) => `BUTTON ${orgId}`)));
  const [chosen = ""] = orgs;
  const button = page.getByRole("button", { name: chosen, exact: true });
  const described = await button.getAttribute("aria-describedby");
  expect(await page.locator(`[id="${described}"]`).innerText()).toBe("admin");
  await button.focus();
  await page.keyboard.press("Enter");
  await see(page, `You are signed in to ${chosen} as admin.`);
  await expectSound("Your session");
  await page.getByRole("button", { name: "Show an access token" }).press("Enter");
  expect(await page.evaluate("getSelection().toString()")).toMatch(/^eyJ/);
  await expectSound("Your session");
  await page.getByRole("button", { name: "Sign out" }).press("Enter");
  await see(page, "You are signed out.");
  expect(await page.evaluate("document.activeElement.id")).toBe("status");

  const pages = answers.filter(
    (answer) => answer.url().startsWith(auth) && answer.headers()["content-type"]?.includes("html"),
  );
  expect(pages.length).toBeGreaterThan(7);
  for (const answer of pages) {
    const { "content-security-policy": policy = "", ...headers } = answer.headers();
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers).toMatchObject({
      ...{ "referrer-policy": "same-origin", "x-content-type-options": "nosniff", "cache-control": "no-store" },
    });
  }
});
