import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("revoke-token", {
  methods: ["DELETE"],
  route: "api/v1/tokens/{token_id}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().revokeToken(request, context),
});
