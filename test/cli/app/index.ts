import process from "node:process";
import { app } from "@azure/functions";
import "../../../functions/index.ts";

/** The product, a route that shows the settings which the launcher gave it, and one that ends its host. */
app.http("settings", {
  route: "settings/{name}",
  handler: ({ params: { name = "" } }) => ({ jsonBody: { value: process.env[name] ?? null } }),
});

app.http("exit", { route: "exit/{code}", handler: ({ params: { code } }) => process.exit(Number(code)) });
