import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { armError, TOKEN } from "../support/arm-server.ts";
import { copyProgram } from "../support/copy-program.ts";
import { deedsOf, marksOf, saidBy, startHookedStack } from "../support/hooked-stack.ts";

// Each run is a process that loads azure-native, and a test has up to five.
vi.setConfig({ testTimeout: 300_000 });

const message = "headrace dev eastus2";
const onOrigin = "afterCreate approve-connection";
const firstDeeds = [
  "beforeCreate preflight",
  "beforeCreate check-package",
  onOrigin,
  "beforeCreate approve-connection",
  "beforeCreate check-package",
  "beforeCreate publish",
];

let folder: string;
beforeAll(async () => {
  folder = await copyProgram("hooked");
});
afterAll(() => rm(folder, { recursive: true }));

test("a first update looks, approves and publishes, in this order; a second one does nothing", async () => {
  const { run, connections, site, writes } = await startHookedStack(folder);
  connections.ask("afd-1", message, { hiddenFor: 3 });
  connections.ask("theirs", "headrace prod eastus2");

  const first = await run();
  expect(deedsOf(first)).toEqual(firstDeeds);
  expect({ marks: marksOf(first), exitCode: first.exitCode }).toEqual({ marks: ["approved", "release"], exitCode: 0 });
  expect(connections.all.map(({ name, status }) => [name, status])).toEqual([
    ["afd-1", "Approved"],
    ["theirs", "Pending"],
  ]);
  expect(site.version).toBe("0.2.0+aaaa");
  expect(writes()).toEqual(["afd-1", "onedeploy"]);

  const second = await run();
  expect({ deeds: deedsOf(second), exitCode: second.exitCode }).toEqual({ deeds: [], exitCode: 0 });
  expect(writes()).toEqual(["afd-1", "onedeploy"]);
});

describe("approval", () => {
  test("fails the update while only another stack's connection is there, and the next update tries again", async () => {
    const { run, connections, writes } = await startHookedStack(folder);
    connections.ask("theirs", "headrace prod eastus2");
    const failed = await run();
    expect(failed.exitCode).not.toBe(0);
    expect(deedsOf(failed).at(-1)).toBe(`${onOrigin} failed`);
    expect(saidBy(failed)).toContain('none that asks with "headrace dev eastus2" is approved');
    expect(marksOf(failed)).toEqual([]);
    expect(failed.registrations.map(({ name }) => name)).not.toContain("route");
    expect(writes()).toEqual([]);

    // Pulumi takes the origin as made, and runs no hook of it: the mark's does it.
    connections.ask("afd-1", message);
    const mended = await run();
    expect(mended.changes.find(({ name }) => name === "origin")?.operation).toBe("same");
    expect(deedsOf(mended)).toEqual(firstDeeds.slice(3));
    expect({ marks: marksOf(mended), exitCode: mended.exitCode }).toEqual({
      marks: ["approved", "release"],
      exitCode: 0,
    });
    expect(connections.all.map(({ status }) => status)).toEqual(["Pending", "Approved"]);
  });

  test("answered 403, 409, 429 or not at all to the end fails each update with what to do, until one goes through", async () => {
    const { run, connections, server } = await startHookedStack(folder);
    connections.ask("afd-1", message);
    const answers = [
      [armError(403, "AuthorizationFailed", "No."), "Microsoft.Web/sites/privateEndpointConnections/write"],
      [armError(409, "Conflict", "Busy."), "the last try ended with 409 Conflict Busy"],
      [armError(429, "TooManyRequests", "Slow."), "the last try ended with 429 TooManyRequests Slow"],
      ["never", "the last try ended with no answer in time"],
    ] as const;
    for (const [answer, words] of answers) {
      server.trouble("PUT", /afd-1$/, answer, 9999);
      const failed = await run();
      expect(failed.exitCode).not.toBe(0);
      expect(saidBy(failed)).toContain(words);
      expect(marksOf(failed)).toEqual([]);
      server.endTrouble();
    }
    expect(marksOf(await run())).toEqual(["approved", "release"]);
  });

  test("is looked at again when the origin changes, and changes nothing that is approved", async () => {
    const { run, connections, writes } = await startHookedStack(folder);
    connections.ask("afd-1", message);
    await run();
    const changed = await run({ weight: 500 });
    expect(deedsOf(changed)).toEqual(["afterUpdate approve-connection"]);
    expect(writes()).toEqual(["afd-1", "onedeploy"]);
  });
});

describe("preflight", () => {
  test("ends the update before anything is created, and a preview as well", async () => {
    const { run, subscription, server } = await startHookedStack(folder);
    subscription.providers["Microsoft.App"] = "NotRegistered";
    const preview = await run({}, true);
    expect(preview.exitCode).not.toBe(0);
    const failed = await run();
    for (const done of [preview, failed]) {
      expect(deedsOf(done)).toEqual(["beforeCreate preflight failed"]);
      expect(saidBy(done)).toContain(
        "Microsoft.App: is NotRegistered: az provider register --wait --namespace Microsoft.App",
      );
    }
    expect(Object.keys(failed.state).filter((urn) => urn.includes("azure-native"))).toEqual([]);
    expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
  });

  test("stands before a change of the app that the region cannot have", async () => {
    const { run, connections, subscription } = await startHookedStack(folder);
    connections.ask("afd-1", message);
    await run();
    subscription.stacks.memory = [2048];
    const failed = await run({ memoryMb: 512 });
    expect(deedsOf(failed)).toEqual(["beforeUpdate preflight-of-change failed"]);
    expect(saidBy(failed)).toContain("headrace:app.memoryMb: this region has no 512 MB: write one of 2048");
  });

  test("finds a bundle of another hash before anything is created", async () => {
    const { run, server } = await startHookedStack(folder);
    const failed = await run({
      release: { version: "0.2.0", sha256: "0".repeat(64), url: "https://releases.example.com/a.zip" },
    });
    expect(deedsOf(failed)).toEqual(["beforeCreate preflight", "beforeCreate check-package failed"]);
    expect(saidBy(failed)).toContain("Nothing was published. headrace:release.sha256:");
    expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
  });
});

describe("publishing", () => {
  test("that fails at its end fails the update, and the next one publishes again", async () => {
    const { run, connections, site } = await startHookedStack(folder);
    connections.ask("afd-1", message);
    site.failAtEnd = true;
    const failed = await run();
    expect(failed.exitCode).not.toBe(0);
    expect(saidBy(failed)).toContain("the deployment failed (The package could not be mounted.)");
    expect(marksOf(failed)).toEqual(["approved"]);

    site.failAtEnd = false;
    const mended = await run();
    expect(deedsOf(mended)).toEqual(["beforeCreate check-package", "beforeCreate publish"]);
    expect(site.version).toBe("0.2.0+aaaa");
    expect(deedsOf(await run())).toEqual([]);
  });

  test("follows the release's hash: forth, and back again", async () => {
    const { run, connections, site, offer } = await startHookedStack(folder);
    connections.ask("afd-1", message);
    await run();
    offer("0.3.0+bbbb");
    const forth = await run();
    expect(deedsOf(forth)).toEqual(["beforeUpdate check-package", "beforeUpdate publish"]);
    offer("0.2.0+aaaa");
    await run();
    expect(site.deployed).toEqual(["0.2.0+aaaa", "0.3.0+bbbb", "0.2.0+aaaa"]);
  });

  test("a file: neither its signed address nor a token is in the state, the outputs or what was said", async () => {
    const { run, connections, site, server, asFile } = await startHookedStack(folder);
    connections.ask("afd-1", message);
    const done = await run({
      release: await asFile(),
      containerUrl: "https://stpkgheadrace.blob.core.windows.net/packages",
    });
    expect(done.exitCode).toBe(0);
    expect(site.version).toBe("0.2.0+aaaa");
    const deploy = server.asked.find(({ path, method }) => method === "PUT" && path.endsWith("onedeploy"));
    expect(deploy?.body.toString()).toContain("sig=");
    const kept = JSON.stringify({ ...done, printed: "" }) + saidBy(done);
    expect(kept).not.toContain("sig=");
    expect(kept).not.toContain(TOKEN);
  });
});
