import type { PartitionKeyDefinition, PartitionKeyValue } from "./definition.ts";
import { murmur32, murmur128 } from "./murmur.ts";

const MAX_V1_CHARACTERS = 100;
const text = new TextEncoder();

/**
 * The effective partition key, upper-case hexadecimal, exactly as the SDK computes it to choose a range: MurmurHash3 of
 * each component for hierarchical keys and version 2, a 32-bit hash followed by the value for version 1. A prefix of a
 * hierarchical key gives the prefix of its effective keys.
 */
export function computeEffectiveKey(
  definition: PartitionKeyDefinition,
  components: readonly PartitionKeyValue[],
): string {
  if (definition.kind === "MultiHash" || definition.version === 2) return components.map(hashVersion2).join("");
  return hashVersion1(components[0]);
}

function hashVersion2(component: PartitionKeyValue): string {
  const [h1, h2] = murmur128(encodeForHash(component, 0xff));
  const masked = h2 & 0x3fff_ffff_ffff_ffffn;
  return (masked.toString(16).padStart(16, "0") + h1.toString(16).padStart(16, "0")).toUpperCase();
}

function hashVersion1(component: PartitionKeyValue): string {
  return encodeNumberKey(hashForVersion1(component)) + encodeValueKey(truncate(component));
}

/** The 32 bits that a version 1 key starts with. */
export function hashForVersion1(component: PartitionKeyValue): number {
  return murmur32(encodeForHash(truncate(component), 0x00));
}

function truncate(component: PartitionKeyValue): PartitionKeyValue {
  return typeof component === "string" ? component.slice(0, MAX_V1_CHARACTERS) : component;
}

function encodeForHash(component: PartitionKeyValue, terminator: number): Uint8Array {
  if (typeof component === "string") return Uint8Array.of(0x08, ...text.encode(component), terminator);
  if (typeof component === "number") {
    const bytes = new Uint8Array(9);
    bytes[0] = 0x05;
    new DataView(bytes.buffer).setFloat64(1, component, true);
    return bytes;
  }
  return Uint8Array.of(markOf(component));
}

function markOf(component: PartitionKeyValue): number {
  if (component === null) return 0x01;
  if (component === undefined) return 0x00;
  return component === true ? 0x03 : 0x02;
}

function encodeValueKey(component: PartitionKeyValue): string {
  if (typeof component === "string") return encodeStringKey(component);
  if (typeof component === "number") return encodeNumberKey(component);
  return toHex([markOf(component)]);
}

/** A number as version 1 writes it: order-preserving bytes, 7 bits each after the first, the low bit meaning "more". */
export function encodeNumberKey(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const sign = 0x8000_0000_0000_0000n;
  let rest = BigInt.asUintN(64, bits < sign ? bits ^ sign : -bits);
  const bytes = [0x05, Number(rest >> 56n)];
  rest = BigInt.asUintN(64, rest << 8n);
  let pending: number | undefined;
  do {
    if (pending !== undefined) bytes.push(pending);
    pending = Number(rest >> 56n) | 1;
    rest = BigInt.asUintN(64, rest << 7n);
  } while (rest !== 0n);
  if ((pending & 0xfe) !== 0) bytes.push(pending & 0xfe);
  return toHex(bytes);
}

function encodeStringKey(value: string): string {
  const bytes = [...text.encode(value)].map((byte) => (byte < 0xff ? byte + 1 : byte));
  const short = value.length <= MAX_V1_CHARACTERS;
  return toHex([0x08, ...(short ? bytes : bytes.slice(0, MAX_V1_CHARACTERS + 1)), ...(short ? [0x00] : [])]);
}

function toHex(bytes: readonly number[]): string {
  return bytes
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}
