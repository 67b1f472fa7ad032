import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("list-members", {
  methods: ["GET"],
  route: "api/v1/members",
  authLevel: "anonymous",
  handler: (request, context) => headrace().listMembers(request, context),
});
