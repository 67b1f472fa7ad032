import type { Received } from "./exchange.ts";

/** The cookies of one browser, by host and path. */
export interface Browser {
  /** The value of a `Cookie` header; undefined when none is sent there. */
  cookiesFor(url: string): string | undefined;
  keep(url: string, received: Received): void;
}

interface Kept {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

export function createBrowser(): Browser {
  let jar: readonly Kept[] = [];
  return {
    cookiesFor: (url) => {
      const { hostname, pathname } = new URL(url);
      const sent = jar.filter(({ host, path }) => host === hostname && pathname.startsWith(path));
      return sent.length === 0 ? undefined : sent.map(({ name, value }) => `${name}=${value}`).join("; ");
    },
    keep: (url, { headers }) => {
      for (const [header, line] of headers) {
        if (header !== "set-cookie") continue;
        const { gone, cookie } = readCookie(url, line);
        jar = jar.filter(({ host, name, path }) => `${host} ${name} ${path}` !== keyOf(cookie));
        if (!gone) jar = [...jar, cookie];
      }
    },
  };
}

function keyOf({ host, name, path }: Kept): string {
  return `${host} ${name} ${path}`;
}

function readCookie(url: string, line: string): { readonly gone: boolean; readonly cookie: Kept } {
  const [pair = "", ...attributes] = line.split("; ");
  const name = pair.slice(0, pair.indexOf("="));
  const find = (attribute: string): string | undefined =>
    attributes.find((one) => one.toLowerCase().startsWith(`${attribute}=`))?.slice(attribute.length + 1);
  const gone = find("max-age") === "0" || Date.parse(find("expires") ?? "") < Date.now();
  const cookie = { host: new URL(url).hostname, path: find("path") ?? "/", name, value: pair.slice(name.length + 1) };
  return { gone, cookie };
}
