import { type ApiOptions, callApi, wait } from "../call-api.ts";

/** What became of an event that was not simply stored. */
export interface EventOutcome {
  readonly index: number;
  readonly result: string;
  readonly code: string | null;
}

export interface Settled {
  readonly accepted: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly results: readonly EventOutcome[];
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Asks for a receipt until it is settled. A text says why that is not known: no key may read it, or it had not settled
 * within `patienceMs`. Keys are tried in their order. Throws only when the signal aborts.
 */
export async function followReceipt(
  receiptId: string,
  keys: readonly string[],
  api: ApiOptions,
  patienceMs: number,
): Promise<Settled | string> {
  const until = Date.now() + patienceMs;
  const left = [...keys];
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    const [apiKey] = left;
    if (apiKey === undefined)
      return "no key here may read receipts; give one of this org with --key (scope events:read)";
    const path = `/api/v1/receipts/${encodeURIComponent(receiptId)}`;
    const answer = await callApi({ method: "GET", path, apiKey }, api);
    if (!answer.ok) {
      if (![401, 403, 404].includes(answer.problem.status)) return `${answer.problem.code}: ${answer.problem.detail}`;
      left.shift();
      continue;
    }
    if (answer.body.status === "settled") return toSettled(answer.body);
    if (Date.now() > until) return `still pending after ${Math.round(patienceMs / 1000)} s`;
    await wait(pause, api.signal);
  }
}

function toSettled({ accepted, stored, duplicate, quarantined, results }: Readonly<Record<string, unknown>>): Settled {
  const list = Array.isArray(results) ? (results as readonly EventOutcome[]) : [];
  return {
    ...{ accepted: toNumber(accepted), stored: toNumber(stored) },
    ...{ duplicate: toNumber(duplicate), quarantined: toNumber(quarantined), results: list },
  };
}

const toNumber = (value: unknown): number => (typeof value === "number" ? value : 0);
