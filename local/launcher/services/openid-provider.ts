import process from "node:process";
import { parseArgs } from "node:util";
import { readPort } from "@headrace/emulators/kit/flags.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { startOpenidProvider } from "@headrace/emulators/openid-provider/server.ts";
import { CLIENT_ID, REDIRECT_PATH } from "../openid-client.ts";
import { defaultPorts } from "../ports.ts";

await serve("openid-provider", async () => {
  const { values } = parseArgs({
    options: { port: { type: "string", default: String(defaultPorts["openid-provider"]) } },
  });
  const { OPENID_CLIENT_SECRET: secret } = process.env;
  if (!secret) throw new Error("OPENID_CLIENT_SECRET is missing: the client secret that the product has");
  const client = { id: CLIENT_ID, secret, redirectPath: REDIRECT_PATH };
  const provider = await startOpenidProvider({ port: readPort(values.port), client });
  return { ready: { ready: true, endpoint: provider.issuer }, close: () => provider.close() };
});
