import { createBrowser } from "./browser.ts";
import { send } from "./send.ts";

/** More than a sign-in takes. */
const HOPS = 12;

/** Signs a person in at the local OpenID provider, from its address `from`. Gives the address that it sends back to. */
export async function visitProvider(from: string, person: string): Promise<string> {
  const browser = createBrowser();
  const { origin } = new URL(from);
  let at = from;
  for (let hops = 0; hops < HOPS; hops++) {
    const cookie = browser.cookiesFor(at);
    const { pathname, search } = new URL(at);
    const headers = cookie === undefined ? {} : { cookie };
    const received = await send(origin, { method: "GET", path: `${pathname}${search}`, headers });
    browser.keep(at, received);
    const location = received.headers.find(([name]) => name === "location")?.[1];
    // A page without a redirect is the one that asks for the person.
    at = location === undefined ? `${at}?person=${person}` : new URL(location, at).href;
    if (new URL(at).origin !== origin) return at;
  }
  throw new Error(`the identity provider does not come to an end: ${at}`);
}
