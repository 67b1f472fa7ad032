import { isIP } from "node:net";

/** Characters of a text that stay at most. */
const KEPT = 4;
/** What stands at the end of a text that was cut. */
export const CUT = "…";

/**
 * What is left of a text: of an IPv4 address its first 24 bits, of an IPv6 address its first 48, of any other text its
 * first 4 characters, and never more than half of it.
 */
export function truncate(text: string): string {
  const [address = ""] = text.split("%", 1);
  const version = isIP(address);
  if (version === 4) return cutIpv4(address);
  if (version === 6) return cutIpv6(address);
  const first = [...text.slice(0, 2 * (2 * KEPT))];
  return `${first
    .slice(0, Math.min(KEPT, Math.floor(first.length / 2)))
    .join("")
    .toWellFormed()}${CUT}`;
}

function cutIpv4(address: string): string {
  return address.replace(/\d+$/, "0");
}

function cutIpv6(address: string): string {
  const groups = groupsOf(address);
  // An IPv4 address that is written as an IPv6 one is one.
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${bytesOf(groups[6])}.${cutIpv4(bytesOf(groups[7]))}`;
  return `${groups
    .slice(0, 3)
    .map((group) => group.toString(16))
    .join(":")}::`;
}

/** All eight, of an address that is one. */
function groupsOf(address: string): number[] {
  const [before = "", after] = address.split("::");
  const [head, tail] = [toGroups(before), toGroups(after ?? "")];
  return after === undefined ? head : [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function toGroups(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function bytesOf(group = 0): string {
  return `${group >> 8}.${group & 0xff}`;
}
