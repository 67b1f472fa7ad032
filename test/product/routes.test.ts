import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { expect, it } from "vitest";
import { type Route, routes } from "../../shared/http/routes.ts";
import { product } from "../support/product.ts";

interface Registered {
  readonly name: string;
  readonly trigger: string;
  readonly route?: string;
  readonly methods?: readonly string[];
}

it("the host has a function for each row of the route table and for each other file of functions/, and no other", async () => {
  const answer = await fetch(`${product.baseUrl}/admin/functions`);
  const registered = (await answer.json()) as readonly Registered[];
  const byHttp = registered.filter(({ trigger }) => trigger === "http");
  expect(byHttp.map(({ name, route, methods }) => [name, route, methods?.toSorted()]).sort()).toEqual(
    Object.entries<Route>(routes)
      .map(([name, { path, method, head }]) => [name, `/${path}`, head ? [method, "HEAD"].toSorted() : [method]])
      .sort(),
  );
  const files = (await readdir("functions")).map((file) => basename(file, ".ts"));
  const others = registered.filter(({ trigger }) => trigger !== "http").map(({ name }) => name);
  expect(others.sort()).toEqual(files.filter((name) => name !== "http" && name !== "index").sort());
});
