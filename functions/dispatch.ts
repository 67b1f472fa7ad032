import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";

// `dataType` is missing from the library's types and passed on all the same; without it the host decodes bytes as text.
const binding = {
  connection: "EventHubConnection",
  eventHubName: "%EVENT_HUB_NAME%",
  consumerGroup: "$Default",
  cardinality: "many",
  dataType: "binary",
  // The trigger checkpoints a batch that failed: only a retry without end keeps it.
  retry: {
    strategy: "exponentialBackoff",
    maxRetryCount: -1,
    minimumInterval: { seconds: 1 },
    maximumInterval: { seconds: 30 },
  },
} as const;

app.eventHub("dispatch", {
  ...binding,
  handler: (messages, context) => headrace().dispatch(messages, context),
});
