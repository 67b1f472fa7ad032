import { AppError } from "../../../errors.ts";

/** A field of a message of Protocol Buffers as it stands in the bytes. */
export interface Field {
  readonly number: number;
  /** Of varints and of both fixed widths, without a sign; of everything else its bytes. */
  readonly value: bigint | Buffer;
}

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];
/** A varint has seven bits of 64 in a byte. */
const LONGEST_VARINT = 10;
/** Set where another byte of it follows. */
const MORE = 0x80;

/**
 * The fields of a message, one after the other (https://protobuf.dev/programming-guides/encoding). Throws AppError
 * `invalid_body` where the bytes are none. Groups, which no one uses any more, are among what is refused.
 */
export function* readFields(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw broken("it ends within a number");
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw broken("a number has more than ten bytes");
  };
  /** Tags and lengths: nearly all have one byte or two, and a `bigint` for each costs more than the rest. */
  const small = (): number => {
    const [first = MORE, second = MORE] = [bytes[at], bytes[at + 1]];
    if (first < MORE) return bytes[at++] ?? 0;
    if (second >= MORE) return Number(varint());
    at += 2;
    return (first & 0x7f) | (second << 7);
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw broken("it ends within a field");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = small();
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (number === 0) throw broken("a field has no number");
    if (type === VARINT) yield { number, value: varint() };
    else if (type === FIXED64) yield { number, value: take(8).readBigUInt64LE() };
    else if (type === BYTES) yield { number, value: take(small()) };
    else if (type === FIXED32) yield { number, value: BigInt(take(4).readUInt32LE()) };
    else throw broken(`a field is of the type ${type}`);
  }
}

export function broken(why: string): AppError {
  return new AppError("invalid_body", `the body is no sound message of Protocol Buffers: ${why}`);
}
