import process from "node:process";
import { parseArgs } from "node:util";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { startOpenidProvider } from "@headrace/emulators/openid-provider/server.ts";

await serve("openid-provider", async () => {
  const { values } = parseArgs({ options: { port: { type: "string", default: "7072" } } });
  const { OPENID_CLIENT_SECRET: clientSecret } = process.env;
  if (!clientSecret) throw new Error("OPENID_CLIENT_SECRET is missing: the client secret that the product has");
  const provider = await startOpenidProvider({ port: Number(values.port), clientSecret });
  return { ready: { ready: true, endpoint: provider.issuer }, close: () => provider.close() };
});
