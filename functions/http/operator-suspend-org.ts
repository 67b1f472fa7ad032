import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("operator-suspend-org", {
  methods: ["POST"],
  route: "api/v1/operator/orgs/{org_id}/suspend",
  authLevel: "anonymous",
  handler: (request, context) => headrace().operatorSuspendOrg(request, context),
});
