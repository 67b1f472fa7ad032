import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { parseFlags, runCommand, UsageError } from "../cli/command.ts";
import { startChromium } from "../test/support/chromium.ts";
import { until } from "../test/support/until.ts";
import { median } from "./figures/statistics.ts";
import { bundleRival, type Rival, rivals } from "./sdk/rivals.ts";
import { answer } from "./sdk/stub.ts";

const help = `Usage: npm run bench:sdk -- [--turns N] [--calls N]

Our SDK beside @segment/analytics-next and posthog-js in Chromium, in turns: N (9) for each. Prints the size of a bundle
that imports what a page needs, minified and gzipped, and what 1,000 (N) track calls cost its main thread: the calls
alone, and all that the page does until the server has every event.
`;

const flags = {
  turns: { type: "string", default: "9" },
  calls: { type: "string", default: "1000" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Milliseconds. */
interface Cost {
  readonly calls: number;
  readonly whole: number;
}

await runCommand("bench:sdk", async (args) => {
  const { values } = parseFlags(args, flags);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [turns, calls] = [Number(values.turns), Number(values.calls)];
  if (!(turns >= 1 && calls >= 1)) throw new UsageError("--turns and --calls take numbers from 1");
  const bundles = await Promise.all(rivals.map(async (rival) => ({ rival, ...(await bundleRival(rival)) })));
  const costs = new Map<Rival, Cost[]>(rivals.map((rival) => [rival, []]));
  const site = await serve(Object.fromEntries(bundles.map(({ rival, code }) => [rival.name, code])));
  try {
    for (let turn = 0; turn < turns; turn++)
      for (const rival of rivals) costs.get(rival)?.push(await measure(site, rival, calls));
  } finally {
    await site.close();
  }
  process.stdout.write(`| | gzipped | ${calls} calls | until sent |\n|---|---|---|---|\n`);
  for (const { rival, bytes } of bundles) {
    const [alone, whole] = (["calls", "whole"] as const).map((part) =>
      median((costs.get(rival) ?? []).map((cost) => cost[part])).toFixed(1),
    );
    const name = rival.version === "" ? rival.name : `${rival.name} ${rival.version}`;
    process.stdout.write(`| ${name} | ${(bytes / 1000).toFixed(1)} kB | ${alone} ms | ${whole} ms |\n`);
  }
  return 0;
});

type Site = Awaited<ReturnType<typeof serve>>;

/** Pages of the rivals, and a server that takes what each sends. */
async function serve(scripts: Readonly<Record<string, string>>) {
  const arrived = { events: 0 };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://site");
    const name = decodeURIComponent(pathname.slice(1));
    if (request.method === "GET" && Object.hasOwn(scripts, name))
      response.writeHead(200, { "content-type": "text/html" }).end(`<script>${scripts[name]}</script>`);
    else
      answer(request, response, (count) => {
        arrived.events += count;
      });
  });
  server.listen(0, "127.0.0.1");
  const [{ context, close }] = await Promise.all([startChromium(), once(server, "listening")]);
  return {
    context,
    arrived,
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await close();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function measure({ context, url, arrived }: Site, rival: Rival, calls: number): Promise<Cost> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  const readBusy = async (): Promise<number> => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
  };
  await page.goto(`${url}/${encodeURIComponent(rival.name)}`);
  await page.evaluate(`rival.open(${JSON.stringify(url)})`);
  arrived.events = 0;
  const before = await readBusy();
  const alone = Number(await page.evaluate(`rival.track(${calls})`));
  // Some count events of their own.
  await until(async () => (arrived.events >= calls ? true : undefined));
  const whole = (await readBusy()) - before;
  await page.close();
  return { calls: alone, whole };
}
