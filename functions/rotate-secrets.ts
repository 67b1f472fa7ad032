import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";

app.timer("rotate-secrets", {
  schedule: "*/10 * * * * *",
  handler: (_timer, context) => headrace().rotateSecrets(context),
});
