import axe from "axe-core";
// biome-ignore lint/correctness/noUnresolvedImports: it exports through CommonJS, which the rule does not see.
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operationsIn } from "../../shared/contract/described.ts";
import { curlOf, typescriptOf } from "../../shared/contract/snippets.ts";
import { routes } from "../../shared/http/routes.ts";
import { startChromium } from "../support/chromium.ts";
import { contract } from "../support/contract.ts";
import { product } from "../support/product.ts";

const url = `${product.baseUrl}/api/docs`;
let context: BrowserContext;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ context, close } = await startChromium());
});
afterAll(() => close?.());

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function violations(page: Page): Promise<string[]> {
  // The page's policy lets no script in that is not its own: by the browser's own protocol it comes past that.
  await page.evaluate(axe.source);
  const found = (await page.evaluate("axe.run().then((result) => result.violations)")) as Violation[];
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

describe("the reference page", () => {
  it("has nothing that axe finds, by day and night, in windows of 320 and 1280 px, and is not wider than they are", async () => {
    const page = await context.newPage();
    for (const colorScheme of ["light", "dark"] as const)
      for (const width of [320, 1280]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 720 });
        await page.goto(url);
        await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
        expect(await violations(page), `${colorScheme} ${width}`).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      }
    await page.evaluate("document.querySelector('label').remove()");
    expect(await violations(page)).toEqual([expect.stringContaining("label")]);
  });

  it("asks no other origin for anything, and does nothing against its own policy", async () => {
    const page = await context.newPage();
    const [asked, said]: [string[], string[]] = [[], []];
    page.on("request", (request) => void asked.push(request.url()));
    page.on("console", (message) => void said.push(message.text()));
    const answer = await page.goto(product.baseUrl);
    expect(page.url()).toBe(url);
    expect(asked.filter((one) => !one.startsWith(product.baseUrl))).toEqual([]);
    expect(said.filter((text) => text.includes("Policy"))).toEqual([]);
    const policy = answer?.headers()["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it("has every operation, and is searched and opened by keyboard", async () => {
    const page = await context.newPage();
    await page.goto(url);
    const count = Object.keys(routes).length;
    expect(await page.locator("details").count()).toBe(count);
    await page.keyboard.press("/");
    await page.keyboard.type("receipt what");
    expect(await page.locator("#found").innerText()).toBe(`1 of ${count} operations`);
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.parentElement.id")).toBe("read-receipt");
    expect(await page.locator("#read-receipt pre").first().isVisible()).toBe(true);
    await page.keyboard.press("/");
    await page.keyboard.press("Escape");
    expect(await page.locator("#found").innerText()).toBe(`${count} of ${count} operations`);
    await page.goto(`${url}#query-ledger`);
    expect(await page.locator("#query-ledger").getAttribute("open")).not.toBeNull();
  });

  it("shows the command and the program of each operation, which snippets.test.ts runs", async () => {
    const page = await context.newPage();
    await page.goto(url);
    const shown = await page.evaluate(
      "[...document.querySelectorAll('details')].map((one) => [one.id, ...[...one.querySelectorAll('pre')].slice(0, 2).map((pre) => pre.textContent)])",
    );
    const wanted = operationsIn(contract).map((one) => [one.operationId, curlOf(one), typescriptOf(one)]);
    expect((shown as string[][]).sort()).toEqual(wanted.sort());
  });
});
