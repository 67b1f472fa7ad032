import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("join-org", {
  methods: ["POST"],
  route: "api/v1/auth/join",
  authLevel: "anonymous",
  handler: (request, context) => headrace().joinOrg(request, context),
});
