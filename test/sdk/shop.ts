import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
// biome-ignore lint/correctness/noUnresolvedImports: it exports through CommonJS, which the rule does not see.
import type { BrowserContext, Page } from "playwright-core";
import { startChromium } from "../support/chromium.ts";

/** A site whose pages have the SDK as `headrace`, and a browser to visit it. */
export interface Shop {
  readonly origin: string;
  readonly context: BrowserContext;
  /** A page of the site, after `headrace` is there. */
  visit(path?: string): Promise<Page>;
  close(): Promise<void>;
}

const modules = ["index", "browser"].map((name) => `export * from "./sdk/src/${name}.ts";`).join("\n");

export async function openShop(): Promise<Shop> {
  const options = { bundle: true, write: false, format: "iife", globalName: "headrace", minify: true } as const;
  const { outputFiles } = await build({ stdin: { contents: modules, resolveDir: "." }, ...options });
  const script = outputFiles[0]?.text ?? "";
  const site = createServer(({ url }, response) => {
    const isScript = url === "/sdk.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : `<title>a shop</title><script src="/sdk.js"></script>`);
  });
  site.listen(0, "127.0.0.1");
  const [{ context, close }] = await Promise.all([startChromium(), once(site, "listening")]);
  const origin = `http://localhost:${(site.address() as AddressInfo).port}`;
  return {
    origin,
    context,
    visit: async (path = "/") => {
      const page = await context.newPage();
      await page.goto(`${origin}${path}`);
      return page;
    },
    close: async () => {
      await close();
      site.closeAllConnections();
      site.close();
    },
  };
}
