import { z } from "zod";
import type { Arm, ArmAsk } from "./arm-client.ts";
import { RequestError } from "./request-error.ts";
import { inWords, MINUTE, type World } from "./world.ts";

/**
 * "Web Apps - Get Private Endpoint Connection List" and "Approve Or Reject Private Endpoint Connection"
 * (learn.microsoft.com/rest/api/appservice): the version that azure-native uses for sites.
 */
const API = { "api-version": "2025-03-01" };

/** A connection to the app, as ARM lists it. Who asked says so in the state's description. */
const connectionShape = z.looseObject({
  name: z.string(),
  properties: z.looseObject({
    privateLinkServiceConnectionState: z.looseObject({ status: z.string(), description: z.string().nullish() }),
  }),
});
type Connection = z.output<typeof connectionShape>;

export interface Approval {
  /** ARM's id of the app that Front Door wants to reach. */
  readonly appId: string;
  /** What the origin was told to ask with: no other connection is approved. */
  readonly requestMessage: string;
}

export interface ApprovalOptions {
  /** Until the connection has to be there, and approved. */
  readonly patienceMs?: number;
  readonly pauseMs?: number;
}

/** Front Door's endpoint is made after the origin is there, within minutes. */
const PATIENCE_MS = 20 * MINUTE;
const PAUSE_MS = 10_000;
const ROLE = "Microsoft.Web/sites/privateEndpointConnections/write";

/**
 * Approves the connection that asks with this message, once it is there, and waits until it is approved. One that is
 * approved already is left as it is. Throws a RequestError.
 */
export async function approveConnection(
  { arm, world }: { readonly arm: Arm; readonly world: World },
  approval: Approval,
  { patienceMs = PATIENCE_MS, pauseMs = PAUSE_MS }: ApprovalOptions = {},
): Promise<void> {
  const deadline = world.now() + patienceMs;
  const ask = askAbout(approval, deadline);
  const approved = new Set<string>();
  for (;;) {
    const all = await arm.list(ask, connectionShape);
    const ours = all.filter(({ properties }) => messageOf(properties) === approval.requestMessage);
    const pending = findPending(ours, ask);
    if (pending === undefined && ours.some((connection) => isIn("Approved", connection))) return;
    if (pending === undefined) refuseRejected(ours, ask);
    // ARM's list may lag behind: approved once is enough.
    if (pending !== undefined && !approved.has(pending.name)) {
      await approve(arm, ask, pending.name, approval);
      approved.add(pending.name);
      continue;
    }
    if (pauseMs >= deadline - world.now()) throw tooLate(ask, approval, patienceMs, all);
    world.log(`${ask.what}: ${pending ? "approved, not in force yet" : "not asked for yet"}`);
    await world.sleep(pauseMs);
  }
}

function askAbout({ appId }: Approval, deadline: number): ArmAsk {
  return {
    what: `approve Front Door's private connection to ${appId.split("/").at(-1)}`,
    path: `${appId}/privateEndpointConnections`,
    query: API,
    deadline,
    help: {
      403: `Give the deployer a role with ${ROLE} on the app, such as Website Contributor, then \`pulumi up\` again.`,
    },
  };
}

async function approve(arm: Arm, ask: ArmAsk, name: string, { requestMessage }: Approval): Promise<void> {
  await arm.write({
    ...ask,
    path: `${ask.path}/${name}`,
    // Another change of the app is under way: it ends.
    tryAgain: [409],
    // The message stays, so that the next run knows the connection again.
    body: { properties: { privateLinkServiceConnectionState: { status: "Approved", description: requestMessage } } },
  });
}

function isIn(status: string, { properties }: Connection): boolean {
  return properties.privateLinkServiceConnectionState.status.toLowerCase() === status.toLowerCase();
}

function messageOf({ privateLinkServiceConnectionState: state }: Connection["properties"]): string | undefined {
  return state.description ?? undefined;
}

/** Two that ask with one message: someone else knows it, or Front Door asked twice. A person has to look. */
function findPending(ours: readonly Connection[], { what }: ArmAsk): Connection | undefined {
  const pending = ours.filter((connection) => isIn("Pending", connection));
  if (pending.length < 2) return pending[0];
  throw new RequestError(
    `Could not ${what}: several ask with this stack's message (${pending.map(({ name }) => name).join(", ")}). ` +
      "Reject those that are not Front Door's, in the portal under the app's networking, then `pulumi up` again.",
  );
}

function refuseRejected(ours: readonly Connection[], { what }: ArmAsk): void {
  const rejected = ours.find((connection) => isIn("Rejected", connection));
  if (rejected === undefined) return;
  throw new RequestError(
    `Could not ${what}: someone has rejected it (${rejected.name}). ` +
      "Delete the origin with `pulumi up --replace`, so that Front Door asks again.",
  );
}

function tooLate({ what }: ArmAsk, { requestMessage }: Approval, patienceMs: number, all: readonly Connection[]) {
  const there = all.map(({ name, properties }) => {
    const { status } = properties.privateLinkServiceConnectionState;
    return `${name} (${status}, "${messageOf(properties) ?? ""}")`;
  });
  return new RequestError(
    `Could not ${what} within ${inWords(patienceMs)}: none that asks with "${requestMessage}" is approved. ` +
      `There ${there.length === 0 ? "is none" : `are ${there.join(", ")}`}. \`pulumi up\` again goes on waiting.`,
  );
}
