import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("create-key", {
  methods: ["POST"],
  route: "api/v1/keys",
  authLevel: "anonymous",
  handler: (request, context) => headrace().createKey(request, context),
});
