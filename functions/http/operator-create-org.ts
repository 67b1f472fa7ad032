import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("operator-create-org", {
  methods: ["POST"],
  route: "api/v1/operator/orgs",
  authLevel: "anonymous",
  handler: (request, context) => headrace().operatorCreateOrg(request, context),
});
