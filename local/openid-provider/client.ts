/** The product, as the local OpenID provider knows it. */
export const CLIENT_ID = "headrace";
