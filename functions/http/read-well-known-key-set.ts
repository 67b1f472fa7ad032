import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("read-well-known-key-set", {
  methods: ["GET"],
  route: ".well-known/jwks.json",
  authLevel: "anonymous",
  handler: (request, context) => headrace().readKeySet(request, context),
});
