/**
 * The one identity of this machine, as a function app would have it. The ids are made up and mean nothing elsewhere.
 */
export const localIdentity = {
  tenantId: "5d9f1c1e-7a52-4f0b-9d0a-6c1f0e8a4b10",
  /** Also called application id; what `AZURE_CLIENT_ID` names. */
  clientId: "0b8f6a6c-2f3d-4c8e-8f52-7c2a9d1e5b20",
  /** Object id of the service principal. */
  principalId: "a3c7d9e2-61b4-4e3f-b0c8-1d5e7f9a2c30",
} as const;

/** As in Microsoft Entra's version 1 tokens, which services of Azure get. */
export const localIssuer = `https://sts.windows.net/${localIdentity.tenantId}/`;
