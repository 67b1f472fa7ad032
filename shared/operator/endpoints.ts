import type { HttpHandler } from "@azure/functions";
import { actorOf, type PrincipalCall } from "../access/audit/actor-of.ts";
import type { Actor } from "../access/documents/audit-entry.ts";
import { invitationLink } from "../access/members/invitation-link.ts";
import { inviteFirstAdmin } from "../access/members/invitations.ts";
import type { CreateEndpoint } from "../http/endpoint.ts";
import type { Origins } from "../http/origins.ts";
import { readJson } from "../http/read-json.ts";
import type { ReadBacklog } from "../pipeline/backlog.ts";
import { listOrgs, newOrgSchema, type OrgDeps, openOrg, suspendOrg } from "./manage-orgs.ts";
import { readState } from "./read-state.ts";
import { type OperatorRotateDeps, rotate, rotateSchema } from "./rotate.ts";

/** What the operator of a deployment does: orgs, secrets, and how the service is. */
export interface OperatorEndpoints {
  readonly operatorCreateOrg: HttpHandler;
  readonly operatorInviteAdmin: HttpHandler;
  readonly operatorListOrgs: HttpHandler;
  readonly operatorSuspendOrg: HttpHandler;
  readonly operatorResumeOrg: HttpHandler;
  readonly operatorRotate: HttpHandler;
  readonly operatorReadState: HttpHandler;
}

export interface OperatorDeps {
  readonly orgs: OrgDeps;
  readonly rotation: OperatorRotateDeps;
  readonly readBacklog: ReadBacklog;
  readonly origins: Origins;
  readonly clientAddressHeader: string;
}

export function createOperatorEndpoints(endpoint: CreateEndpoint, deps: OperatorDeps): OperatorEndpoints {
  const { orgs, rotation, origins } = deps;
  const by = (call: PrincipalCall): Actor => actorOf(call, deps.clientAddressHeader);
  const suspend = async (call: PrincipalCall, suspended: boolean) => ({
    status: 200,
    body: await suspendOrg(orgs, by(call), call.request.params.org_id ?? "", suspended),
  });
  return {
    operatorCreateOrg: endpoint("operator-create-org", async (call) => {
      const made = await openOrg(orgs, by(call), await readJson(call.request, newOrgSchema));
      const invitation = { ...made.invitation, link: invitationLink(origins, call.request, made.invitation.token) };
      return { status: 201, body: { ...made, invitation } };
    }),
    operatorInviteAdmin: endpoint("operator-invite-admin", async (call) => {
      const { token, invitation } = await inviteFirstAdmin(orgs, by(call), call.request.params.org_id ?? "");
      const { expires_at } = invitation;
      return {
        status: 201,
        body: { invitation: { token, expires_at, link: invitationLink(origins, call.request, token) } },
      };
    }),
    operatorListOrgs: endpoint("operator-list-orgs", async () => ({ status: 200, body: await listOrgs(orgs) })),
    operatorSuspendOrg: endpoint("operator-suspend-org", (call) => suspend(call, true)),
    operatorResumeOrg: endpoint("operator-resume-org", (call) => suspend(call, false)),
    operatorRotate: endpoint("operator-rotate", async ({ request, log }) => ({
      status: 200,
      body: await rotate(rotation, await readJson(request, rotateSchema), log),
    })),
    operatorReadState: endpoint("operator-read-state", async ({ log }) => ({
      status: 200,
      body: await readState({ secrets: rotation.secrets, readBacklog: deps.readBacklog, log }, rotation.now()),
    })),
  };
}
