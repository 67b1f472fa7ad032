/** A block of IPv4 addresses, such as `10.40.0.0/22`. */
export interface Cidr {
  /** The first address, as a number. */
  readonly first: number;
  /** How many addresses. */
  readonly size: number;
  readonly prefix: number;
}

/** Undefined unless `text` is a block whose address is its first one. */
export function parseCidr(text: string): Cidr | undefined {
  const [, a = "", b = "", c = "", d = "", bits = ""] =
    /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text) ?? [];
  const parts = [a, b, c, d].map(Number);
  const prefix = Number(bits);
  if (bits === "" || prefix > 32 || parts.some((part) => part > 255)) return undefined;
  const first = parts.reduce((sum, part) => sum * 256 + part, 0);
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, size, prefix } : undefined;
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
}

export function overlap(one: Cidr, other: Cidr): boolean {
  return one.first < other.first + other.size && other.first < one.first + one.size;
}
