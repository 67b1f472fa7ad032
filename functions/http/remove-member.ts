import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("remove-member", {
  methods: ["DELETE"],
  route: "api/v1/members/{member_id}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().removeMember(request, context),
});
