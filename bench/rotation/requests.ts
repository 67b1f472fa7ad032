import { createRandom } from "../../local/launcher/faults/random.ts";

/** Requests of all kinds that need a key, and the keys that their answers used. */
export interface Requests {
  /** Sends one request; rejects when the answer is not as it should be. */
  send(kind: Kind): Promise<void>;
  /** A kind, as often as it is among the requests. */
  pickKind(): Kind;
  /** The `kid` of every token that may still be used. */
  livingKeyIds(): ReadonlySet<string>;
  /** The `kid` of every key that signed a token so far. */
  seenKeyIds(): ReadonlySet<string>;
  /** How many keys signed a receipt so far. */
  receiptKeys(): number;
}

/** How many out of 100 requests are of a kind. */
const mix = {
  "a token for the API key": 6,
  "events by token": 10,
  "a page by token": 4,
  "the key set": 5,
  "a receipt by token": 75,
} as const;

export type Kind = keyof typeof mix;

const kinds = (Object.keys(mix) as Kind[]).flatMap((kind) => Array<Kind>(mix[kind]).fill(kind));

interface Token {
  readonly value: string;
  readonly keyId: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A token is used up to this long before its end: it must still be good when it arrives. */
const SPARE_MS = 1_000;

const random = createRandom(1);

/** Uses every living token of every signing key, and receipts and cursors of every receipt key. */
export function createRequests(baseUrls: readonly string[], apiKey: string): Requests {
  const tokens: Token[] = [];
  const receipts: string[] = [];
  const cursors: string[] = [];
  const seen = new Set<string>();
  const receiptKeys = new Set<string>();

  const living = (): Token[] => {
    while (tokens[0] && tokens[0].expiresAt - SPARE_MS <= Date.now()) tokens.shift();
    return tokens;
  };
  const call = (path: string, init?: RequestInit) => readAnswer(`${random.pick(baseUrls)}${path}`, init);
  const callByToken = (path: string, init: RequestInit = {}) =>
    call(path, { ...init, headers: { authorization: `Bearer ${random.pick(living()).value}` } });

  const send: Readonly<Record<Kind, () => Promise<void>>> = {
    "a token for the API key": async () => {
      const body = new URLSearchParams({ grant_type: "client_credentials", client_secret: apiKey });
      const token = readToken(await call("/api/v1/auth/token", { method: "POST", body }));
      seen.add(token.keyId);
      tokens.push(token);
    },
    "events by token": async () => {
      const body = JSON.stringify({ event_type: "load" });
      const receipt = String((await callByToken("/api/v1/events", { method: "POST", body })).receipt_id);
      // A version byte and the key's tag are the first seven characters but for two bits.
      receiptKeys.add(receipt.slice(0, 6));
      keep(receipts, receipt, 2_000);
    },
    "a receipt by token": async () => void (await callByToken(`/api/v1/receipts/${random.pick(receipts)}`)),
    "a page by token": async () => {
      const cursor = cursors.length > 0 && random.below(2) === 0 ? `&cursor=${random.pick(cursors)}` : "";
      const { next_cursor: next } = await callByToken(`/api/v1/events?limit=1${cursor}`);
      if (typeof next === "string") keep(cursors, next, 500);
    },
    "the key set": async () => void (await call("/.well-known/jwks.json")),
  };

  return {
    send: (kind) => send[kind](),
    pickKind: () => random.pick(kinds),
    livingKeyIds: () => new Set(living().map(({ keyId }) => keyId)),
    seenKeyIds: () => seen,
    receiptKeys: () => receiptKeys.size,
  };
}

async function readAnswer(url: string, init?: RequestInit): Promise<Record<string, unknown>> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as Record<string, unknown>;
}

function readToken(answer: Readonly<Record<string, unknown>>): Token {
  const value = String(answer.access_token);
  const [header = ""] = value.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string };
  return { value, keyId: kid, expiresAt: Date.now() + Number(answer.expires_in) * 1000 };
}

/** Keeps some of everything seen so far, old ones too. */
function keep(list: string[], one: string, most: number): void {
  list.push(one);
  if (list.length > most) list.splice(random.below(list.length), 1);
}
