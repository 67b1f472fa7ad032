/** The product, as the local OpenID provider knows it. */
export const CLIENT_ID = "headrace";
/** The Key Vault secret with the client's secret. */
export const CLIENT_SECRET_NAME = "openid-local";
/** Where the product takes the answer. */
export const REDIRECT_PATH = "/api/v1/auth/callback/local";
