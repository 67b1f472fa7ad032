import { app } from "@azure/functions";
import "../../../functions/index.ts";

// The product with the switch that it leaves off (docs/adr/0049).
app.setup({ enableHttpStream: true });

// An answer that streams has no length of its own; the load of the benchmark reads those with one.
app.hook.postInvocation((context) => {
  const { result } = context as { result?: { body?: unknown; headers?: Record<string, string> } };
  if (typeof result?.body === "string" && result.headers)
    result.headers["content-length"] = String(Buffer.byteLength(result.body));
});
