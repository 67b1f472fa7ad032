import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("rotate-key", {
  methods: ["POST"],
  route: "api/v1/keys/{key_id}/rotate",
  authLevel: "anonymous",
  handler: (request, context) => headrace().rotateKey(request, context),
});
