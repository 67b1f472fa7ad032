// biome-ignore lint/correctness/noUnresolvedImports: it exports through CommonJS, which the rule does not see.
import type { Page } from "playwright-core";

/** Runs in the page. The obstacles for a person with a small window, a keyboard, a screen reader or weak eyes. */
const INSPECT = `(() => {
  const seen = (e) => e.checkVisibility() && e.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const channel = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const ground = getComputedStyle(document.body).backgroundColor;
  const texts = all("body *").filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  const describe = (e) => e.tagName + " " + e.textContent.slice(0, 30);
  return [
    ...(document.documentElement.lang === "en" ? [] : ["no language"]),
    ...(/^.+ · Headrace$/.test(document.title) ? [] : ["no title: " + document.title]),
    ...(all("h1").length === 1 && all("h2,h3,h4,h5,h6").length === 0 ? [] : ["headings out of order"]),
    ...(all("main").length === 1 ? [] : ["no main part"]),
    ...(document.documentElement.scrollWidth <= innerWidth ? [] : ["wider than the window"]),
    ...all("input").filter((e) => !e.labels.length).map((e) => "no label: " + e.name),
    ...all("[aria-describedby]").filter((e) => !document.getElementById(e.getAttribute("aria-describedby"))).map(describe),
    ...texts.filter((e) => contrast(getComputedStyle(e).color, ground) < 4.5).map((e) => "faint: " + describe(e)),
    ...all("button,input").filter((e) => contrast(getComputedStyle(e).borderTopColor, ground) < 3).map((e) => "no edge: " + describe(e)),
  ];
})()`;

const FOCUS = `(() => {
  const { activeElement: e } = document;
  if (!["A", "BUTTON", "INPUT"].includes(e.tagName)) return undefined;
  return getComputedStyle(e).outlineStyle === "none" ? "no focus to be seen" : e.tagName + " " + (e.textContent || e.name);
})()`;

/** The faults of a page of ours by day, by night and in a small window; empty, if all is well. */
export async function inspectPage(page: Page): Promise<string[]> {
  const problems: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [320, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 720 });
      const found = (await page.evaluate(INSPECT)) as string[];
      problems.push(...found.map((problem) => `${page.url()} (${colorScheme}, ${width}): ${problem}`));
    }
  }
  return problems;
}

/** The elements that the tab key goes to, in its order. */
export async function tabThrough(page: Page, most: number): Promise<string[]> {
  const stops: string[] = [];
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const stop = (await page.evaluate(FOCUS)) as string | undefined;
    if (stop !== undefined) stops.push(stop);
  }
  return stops;
}
