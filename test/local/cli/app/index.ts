import process from "node:process";
import { app } from "@azure/functions";

/** Shows the settings that the launcher gave: the smallest app that tells whether it did its part. */
app.http("settings", {
  route: "settings/{name}",
  handler: ({ params: { name = "" } }) => ({ jsonBody: { value: process.env[name] ?? null } }),
});
