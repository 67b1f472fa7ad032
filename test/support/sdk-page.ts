import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { build } from "esbuild";
// biome-ignore lint/correctness/noUnresolvedImports: it exports through CommonJS, which the rule does not see.
import type { Page } from "playwright-core";
import { startChromium } from "./chromium.ts";
import { request, type TestOrg } from "./product.ts";
import { untilRefused } from "./revoked-key.ts";

/** As people's browsers are: some SDKs send nothing from one that says that a program drives it. */
const asPeopleHaveIt = `
  const agent = navigator.userAgent.replace("Headless", "");
  for (const [name, value] of Object.entries({ webdriver: false, userAgent: agent, userAgentData: undefined }))
    Object.defineProperty(Navigator.prototype, name, { get: () => value });`;

export interface SdkPage {
  readonly page: Page;
  /** What the page has asked so far: each method with its address. */
  readonly asked: readonly { readonly method: string; readonly url: string }[];
  /** Lines of the page's console. */
  readonly said: readonly string[];
}

export interface SdkSite {
  /** Of the site: a publishable key needs it. */
  readonly origin: string;
  /** What its pages run from now on: what an app has of an SDK, as a module. It is bundled as apps do. */
  serve(contents: string): Promise<void>;
  /** A page of the site in a tab of its own. */
  open(path?: string): Promise<SdkPage>;
  close(): Promise<void>;
}

/** A site of someone else's, with a real browser. `contents`: as `serve` takes them. */
export async function startSdkSite(contents = ""): Promise<SdkSite> {
  let script = await bundle(contents);
  const site = createServer(({ url }, response) => {
    const isScript = url === "/sdk.js";
    response.writeHead(200, { "content-type": `${isScript ? "text/javascript" : "text/html"}; charset=utf-8` });
    response.end(
      isScript
        ? script
        : '<title>A shop</title><link rel="icon" href="data:,"><script type="module" src="/sdk.js"></script>',
    );
  });
  site.listen(0, "127.0.0.1");
  const [browser] = await Promise.all([startChromium(), once(site, "listening")]);
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  return {
    origin,
    serve: async (others) => {
      script = await bundle(others);
    },
    open: async (path = "/") => {
      const page = await browser.context.newPage();
      await page.addInitScript(asPeopleHaveIt);
      const asked: { method: string; url: string }[] = [];
      const said: string[] = [];
      page.on("request", (one) => void asked.push({ method: one.method(), url: one.url() }));
      page.on("console", (line) => void said.push(line.text()));
      await page.goto(origin + path);
      return { page, asked, said };
    },
    close: async () => {
      await browser.close();
      site.closeAllConnections();
      await new Promise((resolve) => site.close(resolve));
    },
  };
}

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    ...{ bundle: true, write: false, format: "esm", platform: "browser", target: "es2022", logLevel: "error" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}

/** A publishable key of an org that manages keys, for pages of an origin. */
export async function makePageKey(
  org: TestOrg,
  origin: string,
): Promise<{ readonly key: string /** Until every instance knows. */; revoke(): Promise<void> }> {
  const headers = { authorization: `Bearer ${org.key}` };
  const body = JSON.stringify({ name: "pages", scopes: ["events:write"], origins: [origin] });
  const made = await request("/api/v1/keys", { method: "POST", headers, body });
  const { key_id } = made.body.api_key as { readonly key_id: string };
  return {
    key: String(made.body.key),
    revoke: async () => {
      await request(`/api/v1/keys/${key_id}`, { method: "DELETE", headers });
      await untilRefused(String(made.body.key), origin);
    },
  };
}
