import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { triggers } from "./triggers.ts";

app.storageQueue("persist", {
  ...triggers.storageQueue.persist,
  handler: (message, context) => headrace().persist(message, context),
});
