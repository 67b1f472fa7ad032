import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("operator-list-orgs", {
  methods: ["GET"],
  route: "api/v1/operator/orgs",
  authLevel: "anonymous",
  handler: (request, context) => headrace().operatorListOrgs(request, context),
});
