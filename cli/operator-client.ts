import { StackError } from "../local/launcher/stack-error.ts";
import type { NewOrgView, OrgView } from "../shared/operator/manage-orgs.ts";
import type { ServiceState } from "../shared/operator/read-state.ts";
import type { DeprecatedView } from "../shared/operator/read-versions.ts";
import type { RepairView } from "../shared/operator/repair-ledger.ts";
import type { RotationView } from "../shared/operator/rotate.ts";
import type { Discarded } from "../shared/quarantine/discard-quarantined.ts";
import type { QuarantinePage } from "../shared/quarantine/list-quarantine.ts";
import type { QuarantinedView } from "../shared/quarantine/read-quarantined.ts";
import { type ApiOptions, callApi, type Problem } from "./call-api.ts";

export interface Invitation {
  readonly token: string;
  /** Null when the deployment has no origin at which people sign in. */
  readonly link: string | null;
  readonly expires_at: string;
}

/** An org as the API shows it only this once. */
export type OpenedOrg = NewOrgView & { readonly invitation: Invitation };

/**
 * The operator's part of a Headrace's API. Every method rejects with a {@link StackError} that has the API's own words.
 */
export interface OperatorClient {
  /** Undefined when the org already exists. */
  openOrg(name: string): Promise<OpenedOrg | undefined>;
  /** A new invitation for the first admin. */
  inviteAdmin(orgId: string): Promise<Invitation>;
  listOrgs(): Promise<readonly OrgView[]>;
  suspendOrg(orgId: string, suspended: boolean): Promise<{ readonly org_id: string; readonly suspended: boolean }>;
  /** One slot of an org's ledger, such as `2026-11-22.3`. */
  repairLedger(orgId: string, request: { slot: string; dry: boolean }): Promise<RepairView>;
  rotate(request: { secret: string; leaked: boolean; replaces?: string }): Promise<RotationView>;
  readState(): Promise<ServiceState>;
  /** Routes that are to go, and who uses them. */
  readVersions(): Promise<{ readonly deprecated: readonly DeprecatedView[] }>;
  /** What belongs to no org, the newest 1,000. */
  listQuarantine(): Promise<QuarantinePage>;
  readQuarantined(id: string): Promise<QuarantinedView>;
  discardQuarantined(id: string, reason: string): Promise<Discarded>;
}

/** `credential`: a local operator's key, or a token of Microsoft Entra. */
export function createOperatorClient(api: ApiOptions, credential: string): OperatorClient {
  const call = async <T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> => {
    const sent = body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) };
    const answer = await callApi({ method, path: `/api/v1/operator/${path}`, apiKey: credential, ...sent }, api);
    if (answer.ok) return answer.body as T;
    throw new OperatorRefusal(api.baseUrl, answer.problem);
  };
  const ofOrg = (orgId: string, what: string): string => `orgs/${encodeURIComponent(orgId)}/${what}`;
  return {
    openOrg: async (name) => {
      try {
        return await call<OpenedOrg>("POST", "orgs", { name });
      } catch (error) {
        if (error instanceof OperatorRefusal && error.code === "org_exists") return undefined;
        throw error;
      }
    },
    inviteAdmin: async (orgId) =>
      (await call<{ invitation: Invitation }>("POST", ofOrg(orgId, "admins"), {})).invitation,
    listOrgs: async () => (await call<{ orgs: readonly OrgView[] }>("GET", "orgs")).orgs,
    suspendOrg: (orgId, suspended) => call("POST", ofOrg(orgId, suspended ? "suspend" : "resume"), {}),
    repairLedger: (orgId, request) => call("POST", ofOrg(orgId, "ledger/repair"), request),
    rotate: (request) => call("POST", "rotate", request),
    readState: () => call("GET", "state"),
    readVersions: () => call("GET", "versions"),
    listQuarantine: () => call("GET", "quarantine?limit=1000"),
    readQuarantined: (id) => call("GET", `quarantine/${encodeURIComponent(id)}`),
    discardQuarantined: (id, reason) => call("POST", `quarantine/${encodeURIComponent(id)}/discard`, { reason }),
  };
}

class OperatorRefusal extends StackError {
  readonly code: string;

  constructor(baseUrl: string, problem: Problem) {
    super(explain(baseUrl, problem));
    this.code = problem.code;
  }
}

const WHOSE_CREDENTIAL =
  "It must be this deployment's own: in Azure a token of its Entra tenant and app that has not expired; on this machine the key that it was started with.";

function explain(baseUrl: string, { status, code, detail, fix, request_id }: Problem): string {
  if (code === "no_connection")
    return `${baseUrl} does not answer: ${detail}. Is the address right, and does Headrace run there?`;
  // A problem document of ours always has a code of its own.
  if (code === `http_${status}` || code === "unreadable_answer")
    return `${baseUrl} answers ${status}, and not as a Headrace does. The address must be the API's origin, without a path.`;
  const request = request_id === undefined ? "" : ` (request ${request_id})`;
  const hint = status === 401 ? ` ${WHOSE_CREDENTIAL}` : "";
  return `${baseUrl} answers ${status} ${code}: ${detail}.${fix ? ` ${fix}` : ""}${hint}${request}`;
}
