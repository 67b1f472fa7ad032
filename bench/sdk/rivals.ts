import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { projectRoot } from "../../local/launcher/project.ts";

export interface Rival {
  readonly name: string;
  readonly version: string;
  /** What a page imports: its size is told. */
  readonly imports: string;
  /** Beside that, for the measurement: how a page makes a client of a server, and tracks. */
  readonly open: string;
  readonly track: string;
}

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(join(projectRoot, "node_modules", name, "package.json"), "utf8")) as { version: string })
    .version;

/** All of them batch, and track only what they are told to. */
export const rivals: readonly Rival[] = [
  {
    name: "@headrace/sdk",
    version: versionOf("@headrace/sdk"),
    imports: `import { createClient } from "./sdk/src/index.ts";`,
    open: `globalThis.client = createClient({ endpoint: url, key: "hrp_bench" });`,
    track: `client.track("order_paid", properties)`,
  },
  {
    name: "@segment/analytics-next",
    version: versionOf("@segment/analytics-next"),
    imports: `import { AnalyticsBrowser } from "@segment/analytics-next";`,
    open: `const apiHost = new URL(url).host;
      const deliveryStrategy = { strategy: "batching", config: { size: 100, timeout: 1000 } };
      const integrations = { "Segment.io": { apiKey: "k", apiHost, protocol: "http", deliveryStrategy } };
      globalThis.client = AnalyticsBrowser.load({ writeKey: "k", cdnSettings: { integrations } });
      await client.ready();`,
    track: `client.track("order_paid", properties)`,
  },
  {
    name: "posthog-js",
    version: versionOf("posthog-js"),
    imports: `import posthog from "posthog-js";`,
    open: `globalThis.client = posthog;
      await new Promise((loaded) => posthog.init("k", { api_host: url, autocapture: false, capture_pageview: false,
        capture_pageleave: false, disable_session_recording: true, opt_out_useragent_filter: true, advanced_disable_flags: true,
        rate_limiting: { events_per_second: 100000, events_burst_limit: 100000 }, loaded }));`,
    track: `client.capture("order_paid", properties)`,
  },
];

/** The page's script, and the gzipped bytes of what it imports. */
export async function bundleRival(rival: Rival): Promise<{ readonly code: string; readonly bytes: number }> {
  const names = /import (?:\{ (\w+) \}|(\w+))/.exec(rival.imports);
  const imported = names?.[1] ?? names?.[2] ?? "";
  const page = `${rival.imports}
    const properties = { total: 12.5, currency: "EUR", items: [{ id: "a", count: 2 }, { id: "b", count: 1 }] };
    globalThis.rival = {
      open: async (url) => { ${rival.open} },
      track: (count) => {
        const started = performance.now();
        for (let i = 0; i < count; i++) ${rival.track};
        return performance.now() - started;
      },
    };`;
  const [alone, whole] = await Promise.all([bundle(`${rival.imports} globalThis.used = ${imported};`), bundle(page)]);
  return { code: whole, bytes: gzipSync(alone, { level: 9 }).length };
}

async function bundle(contents: string): Promise<string> {
  const options = { bundle: true, write: false, minify: true, format: "iife", target: "es2022" } as const;
  const stdin = { contents, resolveDir: projectRoot, loader: "ts" } as const;
  const { outputFiles } = await build({ stdin, platform: "browser", ...options });
  return (outputFiles[0]?.text ?? "").replaceAll("</script", "<\\/script");
}
