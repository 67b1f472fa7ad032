import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("revoke-key", {
  methods: ["DELETE"],
  route: "api/v1/keys/{key_id}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().revokeKey(request, context),
});
