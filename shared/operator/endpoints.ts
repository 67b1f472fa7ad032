import type { ActorOf } from "../access/audit/actor-of.ts";
import { invitationLink } from "../access/members/invitation-link.ts";
import { inviteFirstAdmin } from "../access/members/invitations.ts";
import type { Answer, Handlers, PrincipalCall } from "../http/endpoint.ts";
import type { Origins } from "../http/origins.ts";
import { readJson } from "../http/read-json.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import type { ReadBacklog } from "../pipeline/backlog.ts";
import type { NewerFormats } from "../store/newer-formats.ts";
import { listOrgs, newOrgSchema, type OrgDeps, openOrg, suspendOrg } from "./manage-orgs.ts";
import { readState } from "./read-state.ts";
import { repairLedger, repairSchema } from "./repair-ledger.ts";
import { type OperatorRotateDeps, rotate, rotateSchema } from "./rotate.ts";
import type { TimerRuns } from "./timer-runs.ts";

export interface OperatorDeps {
  readonly orgs: OrgDeps;
  readonly ledger: LedgerStore;
  readonly rotation: OperatorRotateDeps;
  readonly readBacklog: ReadBacklog;
  readonly timerRuns: TimerRuns;
  readonly newerFormats: Pick<NewerFormats, "list">;
  readonly origins: Origins;
  readonly actorOf: ActorOf;
}

/** The endpoints of a deployment's operator: orgs, secrets, and the state of the service. */
export function createOperatorEndpoints(deps: OperatorDeps) {
  const { orgs, ledger, rotation, readBacklog, timerRuns, newerFormats, origins, actorOf } = deps;
  const suspend =
    (suspended: boolean) =>
    async (call: PrincipalCall): Promise<Answer> => ({
      status: 200,
      body: await suspendOrg(orgs, actorOf(call), call.request.params.org_id ?? "", suspended),
    });
  return {
    "operator-create-org": async (call) => {
      const made = await openOrg(orgs, actorOf(call), await readJson(call.request, newOrgSchema));
      const invitation = { ...made.invitation, link: invitationLink(origins, call.request, made.invitation.token) };
      return { status: 201, body: { ...made, invitation } };
    },
    "operator-invite-admin": async (call) => {
      const { token, invitation } = await inviteFirstAdmin(orgs, actorOf(call), call.request.params.org_id ?? "");
      const { expires_at } = invitation;
      const link = invitationLink(origins, call.request, token);
      return { status: 201, body: { invitation: { token, expires_at, link } } };
    },
    "operator-list-orgs": async () => ({ status: 200, body: await listOrgs(orgs) }),
    "operator-suspend-org": suspend(true),
    "operator-resume-org": suspend(false),
    "operator-repair-ledger": async ({ request, log }) => ({
      status: 200,
      body: await repairLedger(
        { ...orgs, ledger },
        request.params.org_id ?? "",
        await readJson(request, repairSchema),
        log,
      ),
    }),
    "operator-rotate": async ({ request, log }) => ({
      status: 200,
      body: await rotate(rotation, await readJson(request, rotateSchema), log),
    }),
    "operator-read-state": async ({ log }) => ({
      status: 200,
      body: await readState({ secrets: rotation.secrets, readBacklog, timerRuns, newerFormats, log }, rotation.now()),
    }),
  } satisfies Partial<Handlers>;
}
