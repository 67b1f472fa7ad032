import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { triggers } from "./triggers.ts";

app.storageQueue("persist-poison", {
  ...triggers.storageQueue["persist-poison"],
  handler: (message, context) => headrace().persistPoison(message, context),
});
