import { connectPeople } from "./connect-people.ts";
import { product, running } from "./product.ts";

export { type Member, REFRESH } from "./connect-people.ts";

/** People of the product that the project's global setup started. */
export const { addMember, auth, callAs, documents, enter, issuer, makeEmptyOrg, makeInvitation, signIn } =
  connectPeople(running, product);
