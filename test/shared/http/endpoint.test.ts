import { HttpRequest, InvocationContext } from "@azure/functions";
import { expect, it } from "vitest";
import { createEndpoints } from "../../../shared/http/endpoint.ts";
import { createAccessWorld } from "../../support/access-world.ts";

it("what fails is logged with whose request it was, and the answer says neither that nor why", async () => {
  const world = createAccessWorld();
  const { key, keyId } = await world.makeKey("acme");
  const log: string[] = [];
  const context = new InvocationContext({ logHandler: (_level, ...args) => void log.push(args.map(String).join(" ")) });
  const endpoint = createEndpoints(world.startInstance().authenticate)("query-events", async () => {
    throw new Error("the disk is full");
  });
  const headers = { authorization: `Bearer ${key}` };
  const answer = await endpoint(new HttpRequest({ url: "https://headrace.test/", method: "GET", headers }), context);
  const { status, body } = answer as { status: number; body: string };
  expect([status, log.length]).toEqual([500, 1]);
  expect(JSON.parse(log[0] ?? "")).toMatchObject({
    org_id: "acme",
    subject: `key:${keyId}`,
    error: { message: "the disk is full" },
  });
  expect(body).not.toMatch(/acme|disk/);
});
