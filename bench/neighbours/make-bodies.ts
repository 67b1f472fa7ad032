import { zstdCompressSync } from "node:zlib";

/** A body that goes as far as the limits let it, or beyond, in one way. */
export interface WorstBody {
  readonly name: string;
  /** As the product must answer. */
  readonly status: 202 | 400;
  /** zstd. */
  readonly packed: Buffer;
  readonly bytes: number;
}

const UNPACKED_BYTES = 20 * 1024 * 1024;
const EVENTS = 5_000;

/** The largest body of events as clients send them: as many as are taken, of a common size, and full to the limit. */
export function makeOrdinaryBody(): WorstBody {
  // Brackets and commas aside.
  const eventBytes = Math.floor((UNPACKED_BYTES - 1 - EVENTS) / EVENTS);
  return pack(
    "the largest ordinary body",
    202,
    array(EVENTS, (i) => makeOrdinaryEvent(i, eventBytes)),
  );
}

/** As large as may be, and the same event again and again, without an id: it packs to a thousandth. */
export function makeRepeatedBody(): string {
  const eventBytes = Math.floor((UNPACKED_BYTES - 1 - EVENTS) / EVENTS);
  const bare = '{"event_type":"repeated","properties":{"text":""}}';
  return array(EVENTS, () => bare.replace('""', `"${"x".repeat(eventBytes - bare.length)}"`));
}

const SENTENCE = "An ordinary text of an ordinary event. ";
const FIELDS = 40;

/** An event of so many bytes: 10 numbers, and 30 texts that share what is left. */
function makeOrdinaryEvent(i: number, bytes: number): string {
  const withTexts = (text: (n: number) => string): string =>
    JSON.stringify({
      event_id: `ordinary-${i}`,
      event_type: "page_viewed",
      timestamp: "2026-11-22T10:00:00.000Z",
      user_id: `user-${i % 500}`,
      properties: Object.fromEntries(
        Array.from({ length: FIELDS }, (_, n) => [`field_${n}`, n % 4 === 0 ? i : text(n)]),
      ),
    });
  const left = bytes - withTexts(() => "").length;
  const each = Math.floor(left / (FIELDS * 0.75));
  const rest = left - each * FIELDS * 0.75;
  return withTexts((n) => SENTENCE.repeat(100).slice(0, n === 1 ? each + rest : each));
}

const bare = '{"event_type":"x"}';

/** Named by what there is the most of. */
export function makeWorstBodies(): WorstBody[] {
  return [...makeNames(), ...makeNesting(), ...makeTexts(), ...makeValues()];
}

function makeNames(): WorstBody[] {
  return [
    pack("names of one event, refused", 400, eventOf(`{${names(1_650_000)}}`)),
    pack("names of one object", 202, `[${bare},${eventOf(`{${names(5_000)}}`)}]`),
    pack(
      "names, all different",
      202,
      array(24, (i) => eventOf(`{${names(2_000, i * 2_000)}}`)),
    ),
    pack(
      "names, all different, in small objects",
      202,
      array(EVENTS, (i) => eventOf(`{${names(9, i * 9)}}`)),
    ),
    pack(
      "different names, refused",
      400,
      array(EVENTS, (i) => eventOf(`{${names(47, i * 47)}}`)),
    ),
    pack(
      "names, as many as are taken",
      202,
      array(EVENTS, () => eventOf(`{${names(47)}}`)),
    ),
    pack(
      "names with escapes",
      202,
      array(EVENTS, () => eventOf(`{"caf\\u00e9":"${"x".repeat(1_150)}"}`)),
    ),
  ];
}

function makeNesting(): WorstBody[] {
  return [
    pack(
      "nesting of valid events",
      202,
      array(EVENTS, () => eventOf(`${'{"a":'.repeat(19)}{}${"}".repeat(19)}`)),
    ),
    pack("nesting of invalid events", 202, `[${bare},${array(999, () => eventOf(nested(98))).slice(1)}`),
    pack("nesting, refused", 400, "[".repeat(UNPACKED_BYTES)),
  ];
}

function makeTexts(): WorstBody[] {
  return [
    pack("a line, not parsed", 202, `${bare}\n${eventOf(`"${"x".repeat(UNPACKED_BYTES - 100)}"`)}`),
    pack("a line, the first one", 202, `${eventOf(`"${"x".repeat(UNPACKED_BYTES - 100)}"`)}\n${bare}`),
    pack("a text in an event", 202, `[${bare},${eventOf(`{"a":"${"x".repeat(UNPACKED_BYTES - 100)}"}`)}]`),
    pack("a text of escapes", 202, `[${bare},${eventOf(`{"a":"${"\\u00e9".repeat(UNPACKED_BYTES / 6 - 20)}"}`)}]`),
    pack("a name", 202, `[${bare},{"event_type":"x","${"x".repeat(UNPACKED_BYTES - 100)}":1}]`),
    pack("invalid events", 202, `${array(999, () => "1").slice(0, -1)},${array(4_001, () => bare).slice(1)}`),
    pack("invalid events, refused", 400, `[${bare},${array(4_999, () => "1").slice(1)}`),
    pack(
      "elements, refused",
      400,
      array(UNPACKED_BYTES / 2 - 1, () => "1"),
    ),
  ];
}

function makeValues(): WorstBody[] {
  const big = 60_000 / 18;
  return [
    pack("numbers", 202, `[${bare},${eventOf(`{"a":${array(495_000, () => "1")}}`)}]`),
    pack("empty arrays", 202, `[${bare},${eventOf(`{"a":${array(245_000, () => "[]")}}`)}]`),
    pack("empty objects", 202, `[${bare},${eventOf(`{"a":${array(245_000, () => "{}")}}`)}]`),
    pack(
      "exact integers of many digits",
      202,
      array(140, () => eventOf(`{"a":${array(big, () => "12345678901234568")}}`)),
    ),
    pack(
      "integers that are not exact",
      202,
      `[${bare},${array(999, () => eventOf(`{"a":${array(450, () => "1")},"b":9007199254740993}`)).slice(1)}`,
    ),
    pack("digits of a number", 202, `[${bare},${eventOf(`{"a":1${"0".repeat(UNPACKED_BYTES - 100)}}`)}]`),
    pack("digits of a fraction", 202, `[${bare},${eventOf(`{"a":1.${"0".repeat(UNPACKED_BYTES - 100)}}`)}]`),
    pack(
      "names that stand twice",
      202,
      `[${bare},${array(999, (i) => eventOf(`{${names(200, i)},"n${i}":1}`)).slice(1)}`,
    ),
    pack("white space: the worst compression", 202, `[${bare}${" ".repeat(UNPACKED_BYTES - 100)}]`),
    pack("blank lines", 202, `${bare}${"\n".repeat(UNPACKED_BYTES - 100)}${bare}`),
    pack("JSON that is wrong at its end", 400, `[${"1,\n".repeat(450_000)}${" ".repeat(19_000_000)}NaN]`),
    pack("a text that ends too soon", 400, `["${"x\\n".repeat(UNPACKED_BYTES / 3 - 100)}`),
  ];
}

function eventOf(properties: string): string {
  return `{"event_type":"x","properties":${properties}}`;
}

function array(count: number, element: (i: number) => string): string {
  return `[${Array.from({ length: count }, (_, i) => element(i)).join(",")}]`;
}

function names(count: number, from = 0): string {
  return Array.from({ length: count }, (_, i) => `"n${from + i}":1`).join(",");
}

function nested(depth: number): string {
  return `${"[".repeat(depth)}${"]".repeat(depth)}`;
}

function pack(name: string, status: 202 | 400, text: string): WorstBody {
  return { name, status, packed: zstdCompressSync(text), bytes: text.length };
}
