import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("read-key-set", {
  methods: ["GET"],
  route: "api/v1/auth/jwks.json",
  authLevel: "anonymous",
  handler: (request, context) => headrace().readKeySet(request, context),
});
