import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { triggers } from "./triggers.ts";

app.eventHub("dispatch", {
  ...triggers.eventHub.dispatch,
  handler: (messages, context) => headrace().dispatch(messages, context),
});
