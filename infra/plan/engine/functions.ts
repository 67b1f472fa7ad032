import type { Properties } from "./values.ts";

/** Who deploys, as azure-native would tell the program. */
export interface Deployer {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly objectId: string;
  readonly clientId: string;
  /** What `getClientToken` gives: no secret, and good for an ARM of ours only. */
  readonly token: string;
}

/** azure-native's functions that a program may call. Throws an Error for any other. */
export function callFunction(token: string, deployer: Deployer): Properties {
  const { token: clientToken, ...client } = deployer;
  switch (token) {
    case "azure-native:authorization:getClientConfig":
      return client;
    case "azure-native:authorization:getClientToken":
      return { token: clientToken };
    default:
      throw new Error(`infra/plan/engine/functions.ts has no answer for ${token}`);
  }
}
