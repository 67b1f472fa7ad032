import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("operator-resume-org", {
  methods: ["POST"],
  route: "api/v1/operator/orgs/{org_id}/resume",
  authLevel: "anonymous",
  handler: (request, context) => headrace().operatorResumeOrg(request, context),
});
