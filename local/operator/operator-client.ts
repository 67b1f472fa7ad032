import { PipelineError } from "./pipeline-error.ts";
import { readOperatorKey } from "./state.ts";

export interface OpenedOrg {
  readonly org_id: string;
  readonly name: string;
  readonly api_key: { readonly key: string };
  readonly invitation: { readonly token: string; readonly link: string | null; readonly expires_at: string };
}

/** The operator's part of the API of a running Headrace. Rejects with a {@link PipelineError} that has the API's own words. */
export interface OperatorClient {
  /** Undefined when there is such an org already. */
  openOrg(name: string): Promise<OpenedOrg | undefined>;
  listOrgs(): Promise<readonly { readonly org_id: string; readonly name: string; readonly created_at: string }[]>;
  suspendOrg(orgId: string, suspended: boolean): Promise<void>;
}

export function createOperatorClient(baseUrl: string, stateDir: string): OperatorClient {
  const headers = { authorization: `Bearer ${readOperatorKey(stateDir)}` };
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${baseUrl}/api/v1/operator/${path}`, init).catch((error: unknown) => {
      throw new PipelineError(`${baseUrl} does not answer: ${String(error)}`);
    });
    const answer: unknown = await response.json().catch(() => ({}));
    if (response.ok || response.status === 409) return { status: response.status, body: answer };
    const { detail = response.statusText, fix = "" } = answer as { detail?: string; fix?: string };
    throw new PipelineError(`The operator's API answers ${response.status}: ${detail}. ${fix}`.trim());
  };
  return {
    openOrg: async (name) => {
      const { status, body } = await call("POST", "orgs", { name });
      return status === 409 ? undefined : (body as OpenedOrg);
    },
    listOrgs: async () =>
      ((await call("GET", "orgs")).body as { orgs: Awaited<ReturnType<OperatorClient["listOrgs"]>> }).orgs,
    suspendOrg: async (orgId, suspended) => {
      await call("POST", `orgs/${encodeURIComponent(orgId)}/${suspended ? "suspend" : "resume"}`, {});
    },
  };
}
