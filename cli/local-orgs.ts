import { StackError } from "../local/launcher/stack-error.ts";
import { type Org, readOperatorKey, readOrgs, rememberOrg } from "../local/launcher/state.ts";
import type { ApiOptions } from "./call-api.ts";
import { createOperatorClient, type OperatorClient } from "./operator-client.ts";

/**
 * Makes orgs of the Headrace that runs on this machine. Keys, which the product shows once, are kept in the state
 * folder.
 */
export interface LocalOrgs {
  readonly operator: OperatorClient;
  /** Makes the org unless it exists. Undefined when it does, and its key is not known here. */
  open(name: string): Promise<Org | undefined>;
  /** Likewise, but rejects with a {@link StackError} when the key is not known here. */
  ensure(name: string): Promise<Org>;
}

/** Calls the product at `api`, whose operator's key is in the state folder. */
export function createLocalOrgs(api: ApiOptions, stateDir: string): LocalOrgs {
  const operator = createOperatorClient(api, readOperatorKey(stateDir));
  const open: LocalOrgs["open"] = async (name) => {
    const opened = await operator.openOrg(name);
    if (!opened) return readOrgs(stateDir).find((known) => known.name === name);
    const made = { id: opened.org_id, name, apiKey: opened.api_key.key };
    rememberOrg(stateDir, made);
    return made;
  };
  return {
    operator,
    open,
    ensure: async (name) => {
      const org = await open(name);
      if (org) return org;
      throw new StackError(
        `There is an org "${name}", and its API key is not in ${stateDir}/orgs.json; the product shows a key once. An admin of the org can make another; \`npm start -- --fresh\` forgets all orgs and events.`,
      );
    },
  };
}
