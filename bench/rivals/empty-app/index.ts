import { app } from "@azure/functions";

/** The least that a function app can be: what remains of a start when the app is nothing. */
app.http("ingest-events", {
  methods: ["POST"],
  route: "api/v1/events",
  authLevel: "anonymous",
  handler: async () => ({ status: 202, body: "{}" }),
});
