/**
 * Which partition a key belongs to: Bob Jenkins' lookup3 (http://burtleburtle.net/bob/c/lookup3.c, `hashlittle2`),
 * folded to 16 bits as the Event Hubs SDKs do, so that a buffered producer and the hub agree.
 */
export function choosePartition(partitionKey: string, partitionCount: number): number {
  const { b, c } = hashLittle2(Buffer.from(partitionKey, "utf8"));
  const folded = ((b ^ c) << 16) >> 16;
  return Math.abs(folded % partitionCount);
}

interface Words {
  a: number;
  b: number;
  c: number;
}

function hashLittle2(key: Buffer): { b: number; c: number } {
  const start = (0xdeadbeef + key.length) | 0;
  const words: Words = { a: start, b: start, c: start };
  let at = 0;
  // The last block, of 1 to 12 bytes, is mixed differently; an empty key is not mixed at all.
  for (; key.length - at > 12; at += 12) {
    addBlock(words, key.subarray(at, at + 12));
    mix(words);
  }
  if (key.length === 0) return words;
  addBlock(words, Buffer.concat([key.subarray(at)], 12));
  finish(words);
  return words;
}

function addBlock(words: Words, block: Buffer): void {
  words.a = (words.a + block.readInt32LE(0)) | 0;
  words.b = (words.b + block.readInt32LE(4)) | 0;
  words.c = (words.c + block.readInt32LE(8)) | 0;
}

function mix(words: Words): void {
  let { a, b, c } = words;
  a = (a - c) ^ rotate(c, 4);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 6);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 8);
  b = (b + a) | 0;
  a = (a - c) ^ rotate(c, 16);
  c = (c + b) | 0;
  b = (b - a) ^ rotate(a, 19);
  a = (a + c) | 0;
  c = (c - b) ^ rotate(b, 4);
  b = (b + a) | 0;
  Object.assign(words, { a, b, c });
}

function finish(words: Words): void {
  let { a, b, c } = words;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  Object.assign(words, { a, b, c });
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
