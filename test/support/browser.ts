/** A cookie as a browser keeps it. */
interface Kept {
  readonly value: string;
  readonly path: string;
  readonly attributes: string;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * As much of a browser as signing in needs: cookies by host and path, redirects, the `Origin` of a page's own requests.
 */
export interface Browser {
  /** Navigates, and follows redirects. `stopAt` gives the redirect that leads there instead of following it. */
  open(url: string, options?: { readonly stopAt?: string }): Promise<Page>;
  /** Sends a form of one of the site's own pages, as `Origin` says. */
  post(
    url: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Page>;
  cookie(url: string, name: string): string | undefined;
  /** Of all cookies that it has. */
  names(): string[];
  setCookie(url: string, name: string, value: string, path?: string): void;
  /** The attributes of its cookies, as far as a page could know them; for the test. */
  attributes(url: string, name: string): string | undefined;
  copy(): Browser;
}

export function createBrowser(jar: Map<string, Kept> = new Map()): Browser {
  const keyOf = (url: string, name: string): string => `${new URL(url).hostname} ${name}`;

  const keep = (url: string, line: string): void => {
    const { name, isGone, ...kept } = readSetCookie(line);
    if (isGone) jar.delete(keyOf(url, name));
    else jar.set(keyOf(url, name), kept);
  };

  const send = async (url: string, init: RequestInit): Promise<Response> => {
    const cookie = writeCookies(jar, url);
    const headers = { ...(init.headers as Record<string, string>), ...(cookie === "" ? {} : { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) keep(url, line);
    return response;
  };

  const follow = async (url: string, init: RequestInit, stopAt?: string): Promise<Page> => {
    let [at, how] = [url, init];
    for (let hops = 0; hops < 12; hops++) {
      const response = await send(at, how);
      const location = response.headers.get("location");
      const next = location === null ? undefined : new URL(location, at).href;
      if (next === undefined || (stopAt !== undefined && next.startsWith(stopAt))) {
        return { url: next ?? at, status: response.status, headers: response.headers, text: await response.text() };
      }
      await response.arrayBuffer();
      [at, how] = [next, { method: "GET" }];
    }
    throw new Error("redirected for ever");
  };

  return {
    open: (url, { stopAt } = {}) => follow(url, { method: "GET" }, stopAt),
    post: (url, fields = {}, headers = {}) => {
      const body = new URLSearchParams(fields).toString();
      const form = { "content-type": "application/x-www-form-urlencoded", origin: new URL(url).origin };
      return follow(url, { method: "POST", body, headers: { ...form, ...headers } });
    },
    names: () => [...jar.keys()].map((key) => key.split(" ")[1] ?? ""),
    cookie: (url, name) => jar.get(keyOf(url, name))?.value,
    setCookie: (url, name, value, path = "/") => void jar.set(keyOf(url, name), { value, path, attributes: "" }),
    attributes: (url, name) => jar.get(keyOf(url, name))?.attributes,
    copy: () => createBrowser(new Map(jar)),
  };
}

/** The cookies that go with a request. */
function writeCookies(jar: ReadonlyMap<string, Kept>, url: string): string {
  const { hostname, pathname } = new URL(url);
  return [...jar]
    .filter(([key, { path }]) => key.startsWith(`${hostname} `) && pathname.startsWith(path))
    .map(([key, { value }]) => `${key.slice(hostname.length + 1)}=${value}`)
    .join("; ");
}

function readSetCookie(line: string): Kept & { readonly name: string; readonly isGone: boolean } {
  const [pair = "", ...rest] = line.split("; ");
  const name = pair.slice(0, pair.indexOf("="));
  const find = (attribute: string): string | undefined =>
    rest.find((one) => one.toLowerCase().startsWith(`${attribute}=`))?.slice(attribute.length + 1);
  const isGone = find("max-age") === "0" || Date.parse(find("expires") ?? "") < Date.now();
  const attributes = rest.join("; ").toLowerCase();
  return { name, value: pair.slice(name.length + 1), path: find("path") ?? "/", attributes, isGone };
}
