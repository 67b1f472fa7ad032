const MASK = 0xffff_ffff_ffff_ffffn;
const C1 = 0x87c3_7b91_1142_53d5n;
const C2 = 0x4cf5_ad43_2745_937fn;

const rotate64 = (x: bigint, n: bigint): bigint => ((x << n) | (x >> (64n - n))) & MASK;
const mix1 = (k: bigint): bigint => (rotate64((k * C1) & MASK, 31n) * C2) & MASK;
const mix2 = (k: bigint): bigint => (rotate64((k * C2) & MASK, 33n) * C1) & MASK;

function finish64(hash: bigint): bigint {
  let h = hash ^ (hash >> 33n);
  h = (h * 0xff51_afd7_ed55_8ccdn) & MASK;
  h ^= h >> 33n;
  h = (h * 0xc4ce_b9fe_1a85_ec53n) & MASK;
  return h ^ (h >> 33n);
}

/** MurmurHash3 x64, 128 bits, seed 0: its two halves. https://github.com/aappleby/smhasher */
export function murmur128(bytes: Uint8Array): readonly [bigint, bigint] {
  const padded = new Uint8Array(Math.ceil(bytes.length / 16) * 16);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const whole = bytes.length - (bytes.length % 16);
  let h1 = 0n;
  let h2 = 0n;
  for (let at = 0; at < whole; at += 16) {
    h1 = (rotate64(h1 ^ mix1(view.getBigUint64(at, true)), 27n) + h2) & MASK;
    h1 = (h1 * 5n + 0x52dc_e729n) & MASK;
    h2 = (rotate64(h2 ^ mix2(view.getBigUint64(at + 8, true)), 31n) + h1) & MASK;
    h2 = (h2 * 5n + 0x3849_5ab5n) & MASK;
  }
  if (whole < bytes.length) {
    h2 ^= mix2(view.getBigUint64(whole + 8, true));
    h1 ^= mix1(view.getBigUint64(whole, true));
  }
  h1 ^= BigInt(bytes.length);
  h2 ^= BigInt(bytes.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  h1 = finish64(h1);
  h2 = finish64(h2);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  return [h1, h2];
}

const rotate32 = (x: number, n: number): number => (x << n) | (x >>> (32 - n));
const mix32 = (k: number): number => Math.imul(rotate32(Math.imul(k, 0xcc9e_2d51), 15), 0x1b87_3593);

/** MurmurHash3 x86, 32 bits, seed 0, as an unsigned integer. */
export function murmur32(bytes: Uint8Array): number {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const whole = bytes.length - (bytes.length % 4);
  let h = 0;
  for (let at = 0; at < whole; at += 4) {
    h = Math.imul(rotate32(h ^ mix32(view.getInt32(at, true)), 13), 5) + 0xe654_6b64;
  }
  if (whole < bytes.length) h ^= mix32(view.getInt32(whole, true));
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
