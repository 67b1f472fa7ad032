import { jsonOf } from "./json.ts";
import { FORBIDDEN_MS, stateOf } from "./one-deploy.ts";
import type { Package } from "./read-package.ts";
import { RequestError } from "./request-error.ts";
import type { Ask, Send } from "./send.ts";
import { waitForVersion } from "./wait-for-version.ts";
import type { World } from "./world.ts";

export interface InsideDeps {
  readonly world: World;
  /** With tokens for ARM, which the app's `scm` takes as well. */
  readonly send: Send;
}

export interface InsidePublication {
  /** `func-headrace-prod-x7k2p` */
  readonly appName: string;
  /** Front Door's own name. */
  readonly hostName: string;
  readonly pack: Package;
}

const PAUSE_MS = 5_000;

/**
 * Posts a package to the app's own `/api/publish`, as `az functionapp deployment source config-zip` does for Flex
 * Consumption, and waits until clients are served by it. For a machine inside the network, which reaches the app's
 * private endpoint. Throws a RequestError.
 */
export async function publishInside({ world, send }: InsideDeps, publication: InsidePublication): Promise<void> {
  const { appName, hostName, pack } = publication;
  const scm = `https://${appName}.scm.azurewebsites.net`;
  const ask: Omit<Ask, "url" | "method"> = {
    what: `publish to ${scm}`,
    deadline: world.now() + FORBIDDEN_MS,
    help: {
      401: "Get a token anew: `az account get-access-token`.",
      403:
        "Give who publishes the role Website Contributor on the app, and publish from inside the network, " +
        "through headrace:network.appEndpoint.",
      none:
        "This machine has to be inside the network, and the app to have an endpoint there: " +
        "headrace:network.appEndpoint.",
    },
  };
  await send({
    ...ask,
    method: "POST",
    url: `${scm}/api/publish?RemoteBuild=false&Deployer=headrace`,
    headers: { "content-type": "application/zip" },
    body: pack.bytes,
    // Roles take half an hour; another deployment ends.
    tryAgain: [403, 409],
  });
  for (;;) {
    // There is none yet, right after the post.
    const { text } = await send({ ...ask, method: "GET", url: `${scm}/api/deployments/latest`, tryAgain: [404] });
    const state = stateOf(jsonOf(text));
    if (state?.failed) throw new RequestError(`Could not ${ask.what}: the deployment failed (${state.reason}).`);
    if (state?.ended) break;
    if (PAUSE_MS >= ask.deadline - world.now())
      throw new RequestError(`Could not ${ask.what} in time (${state?.reason ?? "nothing is known of it"}).`);
    await world.sleep(PAUSE_MS);
  }
  await waitForVersion(world, { hostName, version: pack.version });
  world.log(`${hostName} serves ${pack.version}`);
}
