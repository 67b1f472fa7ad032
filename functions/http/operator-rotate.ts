import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("operator-rotate", {
  methods: ["POST"],
  route: "api/v1/operator/rotate",
  authLevel: "anonymous",
  handler: (request, context) => headrace().operatorRotate(request, context),
});
