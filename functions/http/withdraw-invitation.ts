import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("withdraw-invitation", {
  methods: ["DELETE"],
  route: "api/v1/invitations/{invitation_id}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().withdrawInvitation(request, context),
});
