/** The product, as the local OpenID provider knows it. */
export const CLIENT_ID = "headrace";
/** The Key Vault secret with the client's secret. */
export const CLIENT_SECRET_NAME = "openid-local";
