import { app } from "@azure/functions";

/** The least that a function app can be: the part of a start that does not depend on the app. */
app.http("ingest-events", {
  methods: ["POST"],
  route: "api/v1/events",
  authLevel: "anonymous",
  handler: async () => ({ status: 202, body: "{}" }),
});
