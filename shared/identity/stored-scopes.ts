import type { KeyScope } from "./roles.ts";

/** `origin:https://shop.example`: pages of this origin may send with the key. */
type OriginScope = `${typeof PREFIX}${string}`;

/**
 * What a stored key may do. The origins of a publishable key stand among its scopes, since releases that do not know
 * them carry scopes on as they are: none can drop an origin, and none can rotate such a key, because nobody has an
 * origin to give away (docs/adr/0051).
 */
export type StoredScope = KeyScope | OriginScope;

export interface KeyGrant {
  readonly scopes: readonly KeyScope[];
  /** Of a publishable key: the origins whose pages may send with it. Undefined for any other key. */
  readonly origins?: readonly string[];
}

const PREFIX = "origin:";

export function storeScopes({ scopes, origins = [] }: KeyGrant): readonly StoredScope[] {
  return [...scopes, ...origins.map((origin): OriginScope => `${PREFIX}${origin}`)];
}

/** Of what is damaged, nothing. */
export function readScopes(stored: readonly StoredScope[]): KeyGrant {
  const all: readonly StoredScope[] = Array.isArray(stored) ? stored : [];
  // Asked with each request: all but publishable keys end here.
  if (!all.some(isOrigin)) return { scopes: all as readonly KeyScope[] };
  const origins = all.filter(isOrigin).map((scope) => scope.slice(PREFIX.length));
  const scopes = all.filter((scope): scope is KeyScope => !isOrigin(scope));
  return { scopes, origins };
}

function isOrigin(scope: StoredScope): scope is OriginScope {
  return String(scope).startsWith(PREFIX);
}
