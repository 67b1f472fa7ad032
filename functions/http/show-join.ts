import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("show-join", {
  methods: ["GET"],
  route: "api/v1/auth/join",
  authLevel: "anonymous",
  handler: (request, context) => headrace().showJoin(request, context),
});
