import { type ApiOptions, callApi } from "../cli/call-api.ts";

/** Something of an org that the API tells. */
export interface Question {
  readonly org: string;
  readonly path: string;
}

/** Answers by question. */
export type Numbers = ReadonlyMap<string, unknown>;

export interface ReceiptOf {
  readonly org: string;
  readonly receiptId: string;
}

export interface NumbersOptions {
  readonly api: ApiOptions;
  /** API keys by org. */
  readonly keys: ReadonlyMap<string, string>;
}

const DAY_MS = 24 * 3_600_000;
const AT_ONCE = 8;

export function askForReceipt({ org, receiptId }: ReceiptOf): Question {
  return { org, path: `/api/v1/receipts/${receiptId}` };
}

/**
 * For the account of each org by hour of receipt, and its counts by hour of the events' own time. `around`: ms since
 * 1970.
 */
export function askForHours(orgs: Iterable<string>, around: number): Question[] {
  const [from, to] = [around - 60 * DAY_MS, around + 20 * DAY_MS].map((at) => new Date(at).toISOString());
  const range = `from=${from}&to=${to}`;
  const paths = [`/api/v1/ledger?${range}`, `/api/v1/metrics/events?${range}&interval=hour`];
  return [...orgs].flatMap((org) => paths.map((path) => ({ org, path })));
}

export function nameQuestion({ org, path }: Question): string {
  return `${org}: ${path}`;
}

export async function readNumbers(questions: readonly Question[], { api, keys }: NumbersOptions): Promise<Numbers> {
  const numbers = new Map<string, unknown>();
  const left = questions.values();
  const reader = async (): Promise<void> => {
    for (const question of left) {
      const { path, org } = question;
      const answer = await callApi({ method: "GET", path, apiKey: keys.get(org) ?? "" }, api);
      if (!answer.ok) throw new Error(`GET ${path}: ${answer.problem.status} ${answer.problem.code}`);
      // How much waits is no number of an org's.
      const { request_id, pipeline, ...own } = answer.body;
      numbers.set(nameQuestion(question), own);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  return numbers;
}

/** What was answered before and is not answered now, a sentence each. A newer release may say more. */
export function compareNumbers(before: Numbers, after: Numbers): string[] {
  return [...before].flatMap(([name, was]) => {
    const is = after.get(name);
    return includes(is, was) ? [] : [`${name} was ${JSON.stringify(was)} and is ${JSON.stringify(is)}`];
  });
}

/** Whether a value of JSON has all that another one has. */
function includes(whole: unknown, part: unknown): boolean {
  if (typeof part !== "object" || part === null) return whole === part;
  if (typeof whole !== "object" || whole === null) return false;
  if (Array.isArray(part) && (!Array.isArray(whole) || whole.length !== part.length)) return false;
  return Object.entries(part).every(([name, value]) => includes((whole as Record<string, unknown>)[name], value));
}
