import { expect, test } from "vitest";
import { z } from "zod";
import { createArm } from "../../../infra/arm/arm-client.ts";
import { createRehearsal } from "../../../infra/arm/rehearsal.ts";
import { type Answer, armError, MANAGEMENT, type Part, TOKEN } from "../support/arm-server.ts";
import { startArmWorld } from "../support/arm-world.ts";

const thing = { what: "make the thing", path: "/things/one", query: { "api-version": "2025-01-01" } };
const shape = z.looseObject({ name: z.string() });
const write = { ...thing, body: { properties: {} } };

/** Answers each request in turn, and the last one for ever. */
function inTurn(...answers: Answer[]): Part {
  return () => (answers.length > 1 ? answers.shift() : answers[0]);
}

const underWay = (status: string): Answer => ({ status: 200, headers: { "retry-after": "2" }, body: { status } });
const monitor = { "azure-asyncoperation": `https://${MANAGEMENT}/operations/1?operation=1` };

test("every request carries the token and the version", async () => {
  const { arm, server } = await startArmWorld([inTurn({ status: 200, body: { name: "one" } })]);
  expect(await arm.read(thing, shape)).toEqual({ name: "one" });
  expect(server.asked[0]).toMatchObject({ method: "GET", host: MANAGEMENT, path: "/things/one" });
  expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
});

test("a token that ended while it waited is not sent again", async () => {
  const { world, server } = await startArmWorld([
    inTurn(armError(503, "Busy", ""), { status: 200, body: { name: "one" } }),
  ]);
  const tokens = ["old", TOKEN];
  server.trouble("GET", /things/, armError(503, "Busy", "Later."));
  const arm = createArm(world, async () => tokens.shift() ?? TOKEN);
  expect(await arm.read(thing, shape)).toEqual({ name: "one" });
  expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer old",
    `Bearer ${TOKEN}`,
    `Bearer ${TOKEN}`,
  ]);
});

test.each([408, 429, 500, 502, 503, 504])(
  "%i passes: the request is sent again, after longer and longer pauses",
  async (status) => {
    const { arm, server, minutes } = await startArmWorld([inTurn({ status: 200, body: { name: "one" } })]);
    server.trouble("GET", /things/, armError(status, "Passing", "Later."), 4);
    expect(await arm.read(thing, shape)).toEqual({ name: "one" });
    // 1 + 2 + 4 + 8 seconds.
    expect(minutes() * 60).toBeGreaterThanOrEqual(15);
    expect(minutes() * 60).toBeLessThan(17);
  },
);

test("Retry-After may be a date", async () => {
  const { arm, world, server, minutes } = await startArmWorld([inTurn({ status: 200, body: { name: "one" } })]);
  const at = new Date(world.now() + 60_000).toUTCString();
  server.trouble("GET", /things/, { ...armError(429, "Slow", ""), headers: { "retry-after": at } });
  await arm.read(thing, shape);
  expect(minutes()).toBeGreaterThan(0.9);
});

test.each([
  [400, "Could not make the thing: 400 Bad Because."],
  [401, "Could not make the thing: 401 Bad Because. Sign in again"],
  [403, "Could not make the thing: 403 Bad Because. Give the deployer the roles that docs/deploy.md lists"],
  [404, "Could not make the thing: 404 Bad Because. See in the portal whether it is there"],
  [409, "Could not make the thing: 409 Bad Because. Something else changes it"],
])("%i is final, and the error says what to do", async (status, message) => {
  const { arm, server } = await startArmWorld([inTurn(armError(status, "Bad", "Because."))]);
  await expect(arm.read(thing, shape)).rejects.toThrow(message);
  expect(server.asked).toHaveLength(1);
});

test("a server that never answers is left at the deadline, not before and not much later", async () => {
  const { arm, world, server, minutes } = await startArmWorld([inTurn({ status: 200, body: {} })]);
  server.trouble("GET", /things/, "never", 9999);
  await expect(arm.read({ ...thing, deadline: world.now() + 60_000 }, shape)).rejects.toThrow(
    "Could not make the thing: gave up waiting; the last try ended with no answer in time. `pulumi up` again continues from here.",
  );
  expect(minutes()).toBeGreaterThan(0.4);
  expect(minutes()).toBeLessThanOrEqual(1.01);
});

test("a server that is not there is an error that says so", async () => {
  const { server, world } = await startArmWorld([]);
  await server.close();
  const arm = createArm(createRehearsal(server.url), async () => TOKEN);
  await expect(arm.read({ ...thing, deadline: world.now() + 5_000 }, shape)).rejects.toThrow(
    /no answer \(.*ECONNREFUSED/,
  );
});

test("a redirect is not followed: it would take the token elsewhere", async () => {
  const { arm, server } = await startArmWorld([
    inTurn({ status: 302, headers: { location: "https://elsewhere.example/" } }),
  ]);
  await expect(arm.read(thing, shape)).rejects.toMatchObject({ status: 302 });
  expect(server.asked).toHaveLength(1);
});

test("an answer of another shape than documented is an error that names the field", async () => {
  const { arm } = await startArmWorld([inTurn({ status: 200, body: { title: "one" } })]);
  await expect(arm.read(thing, shape)).rejects.toThrow("ARM's answer is not what its documentation says (name:");
});

test("a list is read to its last page", async () => {
  const next = `https://${MANAGEMENT}/things?api-version=1&page=2`;
  const { arm } = await startArmWorld([
    inTurn(
      { status: 200, body: { value: [{ name: "a" }, { name: "b" }], nextLink: next } },
      { status: 200, body: { value: [{ name: "c" }], nextLink: null } },
    ),
  ]);
  expect((await arm.list(thing, shape)).map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test.each([
  ["a next page", { status: 200, body: { value: [], nextLink: "https://elsewhere.example/?api-version=1" } }],
  ["an operation", { status: 202, headers: { location: "https://elsewhere.example/1" } }],
])("%s at another host is not asked for: the token stays with ARM", async (_, answer) => {
  const { arm, server } = await startArmWorld([inTurn(answer)]);
  const asking = "headers" in answer ? arm.write(write) : arm.list(thing, shape);
  await expect(asking).rejects.toThrow("ARM named an address that is not its own (https://elsewhere.example/");
  expect(server.asked).toHaveLength(1);
});

test("an operation is followed by Azure-AsyncOperation until it has succeeded, at the pace that ARM asks for", async () => {
  const { arm, server, minutes } = await startArmWorld([
    inTurn(
      { status: 201, headers: monitor, body: { name: "one" } },
      underWay("Running"),
      underWay("Running"),
      underWay("Succeeded"),
    ),
  ]);
  expect(await arm.write(write)).toEqual({ name: "one" });
  expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "PUT /things/one",
    ...Array(3).fill("GET /operations/1"),
  ]);
  // 5 seconds before the first look, as ARM says nothing, then 2.
  expect(minutes() * 60).toBeGreaterThanOrEqual(9);
});

test("an operation without Azure-AsyncOperation is followed by Location until that is no longer 202", async () => {
  const location = { location: `https://${MANAGEMENT}/operations/1?operation=1` };
  const { arm, server } = await startArmWorld([
    inTurn(
      { status: 202, headers: location },
      { status: 202 },
      { status: 202 },
      { status: 200, body: { name: "one" } },
    ),
  ]);
  await arm.write(write);
  expect(server.asked).toHaveLength(4);
});

test("an operation with neither is followed by the resource's own state", async () => {
  const state = (provisioningState: string) => ({ status: 200, body: { properties: { provisioningState } } });
  const { arm, server } = await startArmWorld([inTurn(state("Creating"), state("Creating"), state("Succeeded"))]);
  await arm.write(write);
  expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "PUT /things/one",
    "GET /things/one",
    "GET /things/one",
  ]);
});

test("an operation that fails at its end throws with ARM's reason", async () => {
  const failure = { status: "Failed", error: { code: "DiskFull", message: "No room is left." } };
  const { arm } = await startArmWorld([
    inTurn({ status: 202, headers: monitor }, underWay("Running"), { status: 200, body: failure }),
  ]);
  await expect(arm.write(write)).rejects.toThrow(
    "Could not make the thing: it ended as Failed: DiskFull No room is left. Mend the cause, then `pulumi up` again.",
  );
});

test("an operation that does not end by the deadline throws, and says in which state it is", async () => {
  const { arm, world } = await startArmWorld([inTurn({ status: 202, headers: monitor }, underWay("Running"))]);
  await expect(arm.write({ ...write, deadline: world.now() + 60_000 })).rejects.toThrow(
    "Could not make the thing in time: it is Running still.",
  );
});

test("what Azure says of a signed address is told without its signature", async () => {
  const signed = "https://acc.blob.core.windows.net/packages/a.zip?sv=2022-11-02&sig=c2VjcmV0&se=2026";
  const { arm } = await startArmWorld([
    inTurn(armError(400, "BadRequest", `Cannot download '${signed}', status 403.`)),
  ]);
  const error = await arm.read(thing, shape).catch((reason: unknown) => String(reason));
  expect(error).toContain("https://acc.blob.core.windows.net/packages/a.zip?(signature left out)', status 403");
  expect(error).not.toContain("c2VjcmV0");
});

test("a rehearsal is for a server on this machine only: it gets tokens", () => {
  expect(() => createRehearsal("https://azure.example.com")).toThrow("expected http://127.0.0.1:PORT");
});
