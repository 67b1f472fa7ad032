/** Powers of ten up to here, and integers below it with as many digits, are exact in a double. */
const EXACT = 1e15;

/**
 * Whether a number is a multiple of `of`, as both are written: 0.0075 is one of 0.0001, though their doubles differ.
 * Numbers of the usual size are told by integers, the others by their digits, which is long work.
 */
export function compileIsMultiple(of: number): { isMultiple(value: number): boolean; isUsual(value: number): boolean } {
  const { digits, exponent } = toDecimal(of);
  const scale = 10 ** Math.max(0, -exponent);
  const unit = Number(scaleTo({ digits, exponent }, Math.min(0, exponent)));
  const isUsual = (value: number): boolean => scale < EXACT && unit < EXACT && Math.abs(value) * scale < EXACT;
  return {
    isUsual,
    isMultiple: (value) => {
      if (!isUsual(value)) return isMultipleByDigits(value, of);
      const scaled = Math.round(value * scale);
      // Where it has more digits behind the point than `of`, it is another number than the one that is scaled back.
      return scaled / scale === value && scaled % unit === 0;
    },
  };
}

function isMultipleByDigits(value: number, of: number): boolean {
  const [a, b] = [toDecimal(value), toDecimal(of)];
  const least = Math.min(a.exponent, b.exponent);
  return scaleTo(a, least) % scaleTo(b, least) === 0n;
}

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

function toDecimal(value: number): Decimal {
  const [, whole = "", fraction = "", exponent = "0"] =
    /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function scaleTo({ digits, exponent }: Decimal, least: number): bigint {
  return digits * 10n ** BigInt(exponent - least);
}
