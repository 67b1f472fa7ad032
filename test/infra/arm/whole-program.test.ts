import { createHash } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import { runProgram } from "../../../infra/plan/run-program.ts";
import { createConnections } from "../support/arm-connections.ts";
import { type Part, startArmServer } from "../support/arm-server.ts";
import { createSite } from "../support/arm-site.ts";
import { createSubscription } from "../support/arm-subscription.ts";
import { deedsOf, marksOf, saidBy } from "../support/hooked-stack.ts";
import { makePackage } from "../support/make-zip.ts";
import { at, idOf, theOne } from "../support/registrations.ts";
import { readRuns } from "../support/runs.ts";

// Each run is a process that loads azure-native, and a test has up to five.
vi.setConfig({ testTimeout: 300_000 });

const bundle = makePackage("0.2.0+aaaa");
const url = "https://releases.example.com/headrace.zip";
const release = { version: "0.2.0", sha256: createHash("sha256").update(bundle).digest("hex"), url };

/** An Azure of ours on which the stack `dev` finds what it needs. */
async function start() {
  const { update } = readRuns().dev;
  const appId = idOf(update, theOne(update.registrations, "web:WebApp"));
  const message = String(at(theOne(update.registrations, "cdn:AFDOrigin"), "sharedPrivateLinkResource.requestMessage"));
  const connections = createConnections(appId);
  connections.ask("afd-1", message, { hiddenFor: 2 });
  connections.ask("theirs", `${message} of another`);
  const site = createSite({ appId, fetchPackage: (uri) => (uri === url ? bundle : undefined) });
  const releases: Part = ({ host }) => (host === new URL(url).host ? { status: 200, body: bundle } : undefined);
  const subscription = createSubscription(appId.split("/")[2] ?? "");
  const server = await startArmServer([subscription.part, connections.part, site.part, releases]);
  onTestFinished(() => server.close());
  return { connections, site, server };
}

test("the stack dev comes up on an Azure of ours: approved, published, and nothing twice", async () => {
  const { connections, site, server } = await start();
  const options = { stack: "dev", preview: false, arm: { url: server.url } };
  const config = { "headrace:release": JSON.stringify(release) };
  const first = await runProgram({ ...options, config });
  expect(saidBy(first)).not.toContain("Error");
  expect(deedsOf(first)).toEqual([
    "beforeCreate preflight",
    "beforeCreate check-package",
    "afterCreate approve-connection",
    "beforeCreate approve-connection",
    "beforeCreate check-package",
    "beforeCreate publish",
  ]);
  expect({ marks: marksOf(first).length, exitCode: first.exitCode }).toEqual({ marks: 2, exitCode: 0 });
  expect(connections.all.map(({ status }) => status)).toEqual(["Approved", "Pending"]);
  expect(site.version).toBe("0.2.0+aaaa");

  const second = await runProgram({ ...options, config, state: first.state });
  expect(second.changes.filter(({ operation }) => operation !== "same")).toEqual([]);
  expect({ deeds: deedsOf(second), exitCode: second.exitCode }).toEqual({ deeds: [], exitCode: 0 });
});
