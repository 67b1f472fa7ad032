import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { triggers } from "./triggers.ts";

app.storageQueue("persist-bulk", {
  ...triggers.storageQueue["persist-bulk"],
  handler: (message, context) => headrace().persistBulk(message, context),
});
