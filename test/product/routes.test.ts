import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { expect, it } from "vitest";
import { backgroundFunctions } from "../../functions/triggers.ts";
import { methodsOf, type Route, routes, unrouted } from "../../shared/http/routes.ts";
import { product } from "../support/product.ts";

interface Registered {
  readonly name: string;
  readonly trigger: string;
  readonly route?: string;
  readonly methods?: readonly string[];
}

it("the host has a function for each row of the route table and each trigger of the list, a file for each of these, one for what has no route, and no other", async () => {
  const answer = await fetch(`${product.baseUrl}/admin/functions`);
  const registered = (await answer.json()) as readonly Registered[];
  const byHttp = registered.filter(({ trigger }) => trigger === "http");
  expect(byHttp.map(({ name, route, methods }) => [name, route, methods?.toSorted()]).sort()).toEqual(
    [
      ...Object.entries<Route>(routes).map(([name, route]) => [name, `/${route.path}`, methodsOf(route).toSorted()]),
      [unrouted.name, `/${unrouted.path}`, unrouted.methods.toSorted()],
    ].sort(),
  );
  const others = registered.filter(({ trigger }) => trigger !== "http").map(({ name }) => name);
  expect(others.sort()).toEqual(backgroundFunctions.toSorted());
  const files = (await readdir("functions")).map((file) => basename(file, ".ts"));
  expect(files.sort()).toEqual([...backgroundFunctions, "http", "index", "triggers"].sort());
});
