/**
 * The fault of a 202 for a plain body, if there is one: told by another reader than the product's, a slow one. A body
 * is one JSON text, or lines that begin with an object. When no event is in `results`, nothing of it was changed by
 * parsing.
 */
export function judgeBatch(body: Buffer, accepted: number, results: readonly unknown[]): string | undefined {
  const bytes = body.subarray(0, 3).equals(Buffer.from("\uFEFF")) ? body.subarray(3) : body;
  const texts = textsOf(bytes);
  if (!texts) return "a 202 for a body that is neither one JSON text nor lines";
  const values = texts.map((text) => parse(text)?.value);
  const events = texts.length === 1 ? countEvents(values[0]) : texts.length;
  if (accepted !== events) return `a 202 for ${accepted} of ${events} events`;
  if (results.length > 0) return undefined;
  for (const [i, text] of texts.entries()) {
    if (countNames(text) !== countKeys(values[i])) return "a name that stands twice was taken";
    if (hasOtherInteger(text)) return "an integer was taken for another one";
  }
  return undefined;
}

/** The whole body as one text, or its lines. */
function textsOf(bytes: Buffer): string[] | undefined {
  const whole = decode(bytes);
  if (whole !== undefined && parse(whole)) return [whole];
  const lines: string[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const newline = bytes.indexOf("\n", start);
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    if (/[^ \t\r]/.test(line.toString("latin1"))) lines.push(decode(line) ?? "not UTF-8");
    start = end + 1;
  }
  const first = parse(lines[0] ?? "")?.value;
  return typeof first === "object" && first !== null && !Array.isArray(first) && lines.length > 1 ? lines : undefined;
}

function decode(bytes: Buffer): string | undefined {
  return Buffer.from(bytes.toString()).equals(bytes) ? bytes.toString() : undefined;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function countEvents(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  const { events } = value as { events?: unknown };
  return Array.isArray(events) ? events.length : 1;
}

function countNames(text: string): number {
  return [...text.matchAll(/"(?:[^"\\]|\\.)*"([ \t\r\n]*:)?/gs)].filter(([, colon]) => colon !== undefined).length;
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((sum, inner) => sum + countKeys(inner), own);
}

/** Integers that are written in digits only, by what `JSON.parse` says of their source. */
function hasOtherInteger(text: string): boolean {
  let found = false;
  const look = (_: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source ?? "";
    if (typeof value === "number" && /^-?\d{1,300}$/.test(source)) {
      // As it is answered: the digits of the shortest text, and zeros.
      const [digits = "", zeros = "0"] = value.toExponential().replace(".", "").split("e+");
      const answered = `${digits}${"0".repeat(Math.max(0, Number(zeros) + 1 - digits.replace("-", "").length))}`;
      found ||= BigInt(source) !== BigInt(answered);
    }
    return value;
  };
  if (parse(text)) JSON.parse(text, look as (key: string, value: unknown) => unknown);
  return found;
}
