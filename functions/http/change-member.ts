import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("change-member", {
  methods: ["PATCH"],
  route: "api/v1/members/{member_id}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().changeMember(request, context),
});
