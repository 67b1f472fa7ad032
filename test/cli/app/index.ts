import process from "node:process";
import { app } from "@azure/functions";
import "../../../functions/index.ts";

/** The product, and a route that shows the settings which the launcher gave it. */
app.http("settings", {
  route: "settings/{name}",
  handler: ({ params: { name = "" } }) => ({ jsonBody: { value: process.env[name] ?? null } }),
});
