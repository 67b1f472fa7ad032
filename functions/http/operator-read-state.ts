import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("operator-read-state", {
  methods: ["GET"],
  route: "api/v1/operator/state",
  authLevel: "anonymous",
  handler: (request, context) => headrace().operatorReadState(request, context),
});
