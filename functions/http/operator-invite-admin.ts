import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("operator-invite-admin", {
  methods: ["POST"],
  route: "api/v1/operator/orgs/{org_id}/admins",
  authLevel: "anonymous",
  handler: (request, context) => headrace().operatorInviteAdmin(request, context),
});
