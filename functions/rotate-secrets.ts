import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { triggers } from "./triggers.ts";

app.timer("rotate-secrets", {
  ...triggers.timer["rotate-secrets"],
  handler: (_timer, context) => headrace().rotateSecrets(context),
});
