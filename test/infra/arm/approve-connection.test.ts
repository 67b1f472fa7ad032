import { expect, test } from "vitest";
import { approveConnection } from "../../../infra/arm/approve-connection.ts";
import { createConnections } from "../support/arm-connections.ts";
import { armError } from "../support/arm-server.ts";
import { APP_ID, startArmWorld } from "../support/arm-world.ts";

const ours = "headrace dev eastus2 0f1e";
const approval = { appId: APP_ID, requestMessage: ours };

async function start(options?: Parameters<typeof createConnections>[1]) {
  const connections = createConnections(APP_ID, options);
  const world = await startArmWorld([connections.part]);
  const puts = () =>
    world.server.asked.filter(({ method }) => method === "PUT").map(({ path }) => path.split("/").at(-1));
  const states = () => Object.fromEntries(connections.all.map(({ name, status }) => [name, status]));
  return { ...world, connections, puts, states };
}

test("a pending connection with this stack's message is approved, and keeps its message", async () => {
  const { connections, states, ...deps } = await start();
  connections.ask("afd-1", ours);
  await approveConnection(deps, approval);
  expect(states()).toEqual({ "afd-1": "Approved" });
  expect(connections.all[0]?.description).toBe(ours);
});

test("nothing is pending yet: it is waited for", async () => {
  const { connections, states, minutes, log, ...deps } = await start();
  connections.ask("afd-1", ours, { hiddenFor: 30 });
  await approveConnection(deps, approval);
  expect(states()).toEqual({ "afd-1": "Approved" });
  expect(minutes()).toBeGreaterThan(4);
  expect(log[0]).toBe("approve Front Door's private connection to func-headrace-dev: not asked for yet");
});

test("another stack's connection stays pending, and so does one that only begins like ours", async () => {
  const { connections, states, ...deps } = await start();
  connections.ask("theirs", "headrace prod eastus2 77aa");
  connections.ask("longer", `${ours} and more`);
  connections.ask("silent", "");
  connections.ask("afd-1", ours);
  await approveConnection(deps, approval);
  expect(states()).toEqual({ theirs: "Pending", longer: "Pending", silent: "Pending", "afd-1": "Approved" });
});

test("only another's is there until the end: nothing is approved, and the error says what was there", async () => {
  const { connections, states, puts, minutes, ...deps } = await start();
  connections.ask("theirs", "headrace prod eastus2 77aa");
  await expect(approveConnection(deps, approval)).rejects.toThrow(
    `Could not approve Front Door's private connection to func-headrace-dev within 20 minutes: none that asks with "${ours}" is approved. ` +
      'There are theirs (Pending, "headrace prod eastus2 77aa"). `pulumi up` again goes on waiting.',
  );
  expect(puts()).toEqual([]);
  expect(states()).toEqual({ theirs: "Pending" });
  expect(minutes()).toBeLessThan(20.1);
});

test("one that is approved already is left alone, and a second run changes nothing", async () => {
  const { connections, puts, minutes, ...deps } = await start();
  connections.ask("afd-1", ours);
  await approveConnection(deps, approval);
  const before = minutes();
  await approveConnection(deps, approval);
  expect(puts()).toEqual(["afd-1"]);
  expect(minutes() - before).toBeLessThan(0.01);
});

test("a new one beside an approved one is approved too, since the origin has moved", async () => {
  const { connections, states, ...deps } = await start();
  connections.ask("old", ours, { status: "Approved" });
  connections.ask("new", ours);
  await approveConnection(deps, approval);
  expect(states()).toEqual({ old: "Approved", new: "Approved" });
});

test("ARM's list lags behind: it is approved once, and waited for", async () => {
  const { connections, puts, states, ...deps } = await start({ lag: 5 });
  connections.ask("afd-1", ours);
  await approveConnection(deps, approval);
  expect(puts()).toEqual(["afd-1"]);
  expect(states()).toEqual({ "afd-1": "Approved" });
});

test("two pending with our message: none is approved, since one of them is not Front Door's", async () => {
  const { connections, puts, ...deps } = await start();
  connections.ask("afd-1", ours);
  connections.ask("intruder", ours);
  await expect(approveConnection(deps, approval)).rejects.toThrow(
    "several ask with this stack's message (afd-1, intruder)",
  );
  expect(puts()).toEqual([]);
});

test("a rejected one is not approved behind someone's back", async () => {
  const { connections, puts, ...deps } = await start();
  connections.ask("afd-1", ours, { status: "Rejected" });
  await expect(approveConnection(deps, approval)).rejects.toThrow("someone has rejected it (afd-1)");
  expect(puts()).toEqual([]);
});

test("403 ends it at once, with the role that is missing", async () => {
  const { connections, server, minutes, ...deps } = await start();
  connections.ask("afd-1", ours);
  server.trouble("PUT", /afd-1$/, armError(403, "AuthorizationFailed", "The client does not have authorization."), 99);
  await expect(approveConnection(deps, approval)).rejects.toMatchObject({
    status: 403,
    code: "AuthorizationFailed",
    message:
      "Could not approve Front Door's private connection to func-headrace-dev: 403 AuthorizationFailed The client does not have authorization. " +
      "Give the deployer a role with Microsoft.Web/sites/privateEndpointConnections/write on the app, such as Website Contributor, then `pulumi up` again.",
  });
  expect(minutes()).toBeLessThan(0.1);
});

test("409 is another change of the app: it is tried again, and named when it lasts", async () => {
  const { connections, server, states, ...deps } = await start();
  connections.ask("afd-1", ours);
  const conflict = armError(409, "Conflict", "Another operation is in progress.");
  server.trouble("PUT", /afd-1$/, conflict, 3);
  await approveConnection(deps, approval);
  expect(states()).toEqual({ "afd-1": "Approved" });

  connections.ask("afd-2", ours);
  server.trouble("PUT", /afd-2$/, conflict, 9999);
  await expect(approveConnection(deps, approval)).rejects.toThrow(
    "gave up waiting; the last try ended with 409 Conflict Another operation is in progress. Something else changes it",
  );
});

test("429 is obeyed: as long as it says, no shorter", async () => {
  const { connections, server, states, minutes, ...deps } = await start();
  connections.ask("afd-1", ours);
  const slow = { ...armError(429, "TooManyRequests", "Slow down."), headers: { "retry-after": "90" } };
  server.trouble("GET", /privateEndpointConnections$/, slow, 2);
  await approveConnection(deps, approval);
  expect(states()).toEqual({ "afd-1": "Approved" });
  expect(minutes()).toBeGreaterThanOrEqual(3);
});

test("429 to the end says so", async () => {
  const { server, ...deps } = await start();
  server.trouble("GET", /privateEndpointConnections$/, armError(429, "TooManyRequests", "Slow down."), 9999);
  await expect(approveConnection(deps, approval)).rejects.toThrow(
    "the last try ended with 429 TooManyRequests Slow down",
  );
});
