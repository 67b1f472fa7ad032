import { z } from "zod";
import type { Arm, ArmAsk } from "./arm-client.ts";
import { RequestError } from "./request-error.ts";
import { inWords, MINUTE, type World } from "./world.ts";

/**
 * "Web Apps - Create One Deploy Operation" and "Get One Deploy Status" (learn.microsoft.com/rest/api/appservice). The
 * body is not in the API's description; it is what `az webapp deploy --src-url` sends, and what Microsoft's page on
 * deploying functions by template has for Flex.
 */
const API = { "api-version": "2025-03-01" };

export interface Deployment {
  /** ARM's id of the app. */
  readonly appId: string;
  /** The platform fetches the package from here. */
  readonly packageUri: string;
}

/**
 * Roles of the app's identity take up to half an hour; until then its storage answers 403, and the deployment fails
 * with that.
 */
export const FORBIDDEN_MS = 30 * MINUTE;
const PAUSE_MS = 30_000;
const OPERATION_MS = 15 * MINUTE;
const FORBIDDEN =
  /\b403\b|forbidden|not authorized|AuthorizationFail|AuthorizationPermissionMismatch|InaccessibleStorage/i;

/**
 * Has the platform fetch the package and run it. Tries again for half an hour what is forbidden. Throws a RequestError.
 */
export async function deployPackage(
  { arm, world }: { readonly arm: Arm; readonly world: World },
  deployment: Deployment,
): Promise<void> {
  const deadline = world.now() + FORBIDDEN_MS;
  for (;;) {
    const failure = await deployOnce({ arm, world }, deployment).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) return;
    if (!isForbidden(failure) || PAUSE_MS >= deadline - world.now()) throw failure;
    world.log(`${whatOf(deployment)}: forbidden as yet, since roles take a while; again in ${inWords(PAUSE_MS)}`);
    await world.sleep(PAUSE_MS);
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof RequestError && (error.status === 403 || FORBIDDEN.test(error.message));
}

function whatOf({ appId }: Deployment): string {
  return `publish to ${appId.split("/").at(-1)}`;
}

async function deployOnce({ arm, world }: { arm: Arm; world: World }, deployment: Deployment): Promise<void> {
  const ask: ArmAsk = {
    what: whatOf(deployment),
    path: `${deployment.appId}/extensions/onedeploy`,
    query: API,
    deadline: world.now() + OPERATION_MS,
    help: {
      403:
        "Give the deployer a role with Microsoft.Web/sites/extensions/write on the app, such as Website Contributor, " +
        "then `pulumi up` again.",
      409: "Another deployment is under way: `pulumi up` again once it has ended.",
      none: "See the app's deployment log in the portal; `pulumi up` tries again.",
    },
  };
  const body = { properties: { packageUri: deployment.packageUri, remoteBuild: false } };
  let state = stateOf(await arm.write({ ...ask, tryAgain: [409], body }));
  while (state !== undefined && !state.ended) {
    if (PAUSE_MS >= (ask.deadline ?? 0) - world.now()) throw unended(ask, state);
    await world.sleep(PAUSE_MS);
    state = stateOf(await arm.read(ask, z.unknown()));
  }
  if (state?.failed) throw failed(ask, state);
}

/** Kudu's states of a deployment, as Core Tools has them (`DeployStatus`): 0 to 2 are under way, 4 is success. */
const SUCCESS = 4;
const DEPLOYING = 2;

const kuduShape = z.looseObject({
  status: z.number(),
  status_text: z.string().nullish(),
  message: z.string().nullish(),
});

export interface DeploymentState {
  readonly ended: boolean;
  readonly failed: boolean;
  readonly reason: string;
}

/**
 * What is known of the deployment: ARM hands through what Kudu says, with or without `properties` around it. Undefined:
 * nothing.
 */
export function stateOf(answer: unknown): DeploymentState | undefined {
  const wrapped = z.looseObject({ properties: z.unknown() }).safeParse(answer);
  const parsed = kuduShape.safeParse(wrapped.success ? wrapped.data.properties : answer);
  if (!parsed.success) return undefined;
  const { status, status_text: text, message } = parsed.data;
  const ended = status < 0 || status > DEPLOYING;
  return {
    ended,
    failed: ended && status !== SUCCESS,
    reason: [text, message].filter(Boolean).join(" ") || `status ${status}`,
  };
}

function failed({ what, help }: ArmAsk, { reason }: DeploymentState): RequestError {
  return new RequestError(`Could not ${what}: the deployment failed (${reason}). ${help?.none ?? ""}`);
}

function unended({ what, help }: ArmAsk, { reason }: DeploymentState): RequestError {
  return new RequestError(`Could not ${what} within ${inWords(OPERATION_MS)} (${reason}). ${help?.none ?? ""}`);
}
