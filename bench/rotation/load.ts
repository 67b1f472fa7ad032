import { createRandom } from "../../local/launcher/faults/random.ts";

export interface LoadOptions {
  /** Instances that requests go to in turn. */
  readonly baseUrls: readonly string[];
  readonly apiKey: string;
  /** Requests a second, begun whether or not earlier ones are answered. */
  readonly rate: number;
}

export interface LoadReport {
  readonly requests: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** The first of what was not answered as it should be. */
  readonly failures: readonly string[];
  readonly failed: number;
  /** The request that took longest of those sent in each phase of the run. */
  readonly slowest: Readonly<Record<string, SlowestRequest>>;
  readonly requestsPerSecond: number;
}

export interface SlowestRequest {
  readonly kind: string;
  readonly ms: number;
  /** When it was sent, in seconds since the load began. */
  readonly atSeconds: number;
}

export interface Load {
  /** What goes on from now on, for the report. */
  enter(phase: string): void;
  /** The `kid` of every token that may still be used. */
  livingKeyIds(): ReadonlySet<string>;
  /** The `kid` of every key that signed a token so far. */
  seenKeyIds(): ReadonlySet<string>;
  /** How many keys signed a receipt so far. */
  receiptKeys(): number;
  stop(): Promise<LoadReport>;
}

interface Token {
  readonly value: string;
  readonly keyId: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A token is used up to this long before its end: it must still be good when it arrives. */
const SPARE_MS = 1_000;
const TICK_MS = 10;

/** Sends requests of all kinds that need a key: every living token of every signing key, and receipts and cursors of every receipt key. */
export async function startLoad({ baseUrls, apiKey, rate }: LoadOptions): Promise<Load> {
  const random = createRandom(1);
  const tokens: Token[] = [];
  const receipts: { readonly id: string }[] = [];
  const cursors: string[] = [];
  const seen = new Set<string>();
  const receiptKeys = new Set<string>();
  const byKind: Record<string, number> = {};
  const failures: string[] = [];
  const underWay = new Set<Promise<void>>();
  let failed = 0;
  const slowest: Record<string, SlowestRequest> = {};
  let phase = "before anything is rotated";
  let sent = 0;
  let begun = performance.now();

  const pick = <T>(from: readonly T[]): T => {
    const picked = from[random.below(from.length)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  };
  const living = (): Token[] => {
    while (tokens[0] && tokens[0].expiresAt - SPARE_MS <= Date.now()) tokens.shift();
    return tokens;
  };
  const bearer = () => ({ authorization: `Bearer ${pick(living()).value}` });
  /** Some of all that there were, old ones too. */
  const bound = (list: unknown[], most: number): void =>
    void (list.length > most && list.splice(random.below(list.length), 1));

  const call = async (path: string, init: RequestInit): Promise<Record<string, unknown>> => {
    const response = await fetch(`${pick(baseUrls)}${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`);
    return JSON.parse(text) as Record<string, unknown>;
  };

  const kinds: Readonly<Record<string, () => Promise<void>>> = {
    "a token for the API key": async () => {
      const body = new URLSearchParams({ grant_type: "client_credentials", client_secret: apiKey });
      const answer = await call("/api/v1/auth/token", { method: "POST", body });
      const value = String(answer.access_token);
      const [header = ""] = value.split(".");
      const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string };
      seen.add(kid);
      tokens.push({ value, keyId: kid, expiresAt: Date.now() + Number(answer.expires_in) * 1000 });
    },
    "events by token": async () => {
      const body = JSON.stringify({ event_type: "load" });
      const answer = await call("/api/v1/events", { method: "POST", headers: bearer(), body });
      receipts.push({ id: String(answer.receipt_id) });
      receiptKeys.add(String(answer.receipt_id).slice(0, 6));
      bound(receipts, 2_000);
    },
    "a receipt by token": async () => {
      await call(`/api/v1/receipts/${pick(receipts).id}`, { headers: bearer() });
    },
    "a page by token": async () => {
      const cursor = cursors.length > 0 && random.below(2) === 0 ? `&cursor=${pick(cursors)}` : "";
      const answer = await call(`/api/v1/events?limit=1${cursor}`, { headers: bearer() });
      if (typeof answer.next_cursor === "string") cursors.push(answer.next_cursor);
      bound(cursors, 500);
    },
    "the key set": async () => {
      await call("/.well-known/jwks.json", {});
    },
  };
  /** Out of 100. */
  const mix: readonly (keyof typeof kinds)[] = [
    ...Array<string>(6).fill("a token for the API key"),
    ...Array<string>(10).fill("events by token"),
    ...Array<string>(4).fill("a page by token"),
    ...Array<string>(5).fill("the key set"),
    ...Array<string>(75).fill("a receipt by token"),
  ];

  const send = async (kind: string): Promise<void> => {
    const started = performance.now();
    const during = phase;
    sent++;
    byKind[kind] = (byKind[kind] ?? 0) + 1;
    try {
      await kinds[kind]?.();
    } catch (error) {
      failed++;
      const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
      if (failures.length < 20) failures.push(`${new Date().toISOString()} ${kind}: ${String(error)}${cause}`);
    }
    const ms = Math.round(performance.now() - started);
    if (ms > (slowest[during]?.ms ?? 0))
      slowest[during] = { kind, ms, atSeconds: Math.round((started - begun) / 100) / 10 };
  };
  await send("a token for the API key");
  await send("events by token");
  begun = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * rate;
    while (sent < due) {
      const one = send(pick(mix)).finally(() => underWay.delete(one));
      underWay.add(one);
    }
  }, TICK_MS);

  return {
    enter: (next) => {
      phase = next;
    },
    livingKeyIds: () => new Set(living().map(({ keyId }) => keyId)),
    seenKeyIds: () => seen,
    // A version byte and the key's tag are the first seven characters but for two bits.
    receiptKeys: () => receiptKeys.size,
    stop: async () => {
      clearInterval(timer);
      const seconds = (performance.now() - begun) / 1000;
      await Promise.all(underWay);
      return {
        requests: sent,
        byKind,
        failures,
        failed,
        slowest,
        requestsPerSecond: Math.round(sent / seconds),
      };
    },
  };
}
