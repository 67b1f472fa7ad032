import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("list-keys", {
  methods: ["GET"],
  route: "api/v1/keys",
  authLevel: "anonymous",
  handler: (request, context) => headrace().listKeys(request, context),
});
