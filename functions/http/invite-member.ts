import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("invite-member", {
  methods: ["POST"],
  route: "api/v1/members",
  authLevel: "anonymous",
  handler: (request, context) => headrace().inviteMember(request, context),
});
