import { execFile } from "node:child_process";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Account } from "../cli/account/prove-account.ts";
import { callApi } from "../cli/call-api.ts";
import { accessOf } from "../local/launcher/product-access.ts";
import type { Stack } from "../local/launcher/stack.ts";
import { connectCosmos, queryAll } from "../shared/store/cosmos.ts";
import {
  askForHours,
  askForReceipt,
  compareNumbers,
  type Numbers,
  type NumbersOptions,
  nameQuestion,
  type ReceiptOf,
  readNumbers,
} from "./read-numbers.ts";
import { cleanEnvironment, findCommand } from "./record/start-product.ts";
import type { Releases } from "./releases.ts";
import { inAHurry, PATIENCE_MS } from "./send-and-settle.ts";
import { makeOrgs, untilIdle } from "./verify.ts";

export interface CarryOver {
  readonly stack: Stack;
  readonly releases: Releases;
  /** Of the orgs that there are. */
  readonly keys: ReadonlyMap<string, string>;
  /** Of all batches that were taken. */
  readonly receipts: readonly ReceiptOf[];
}

/** Orgs whose entries are left open: in each of them four slots, so that carrying over takes many steps. */
const ORGS = Array.from({ length: 20 }, (_, n) => `carried-${n}`);
const BATCHES = 8;
/** Of one event that no batch had before. */
const SETTLED = { status: "settled", accepted: 1, stored: 1, duplicate: 0, quarantined: 0, results: [] };
const WAVE_MS = 15_000;
const TRIES = 20;
const KILLS = 2;

/**
 * This release takes over what the last one has left: with entries of the ledger that are open, and killed while it
 * takes them up. The last one runs, and is idle. Gives the faults, a sentence each: every receipt and every hour is as
 * the last release had it, and the account is proven by both.
 */
export async function carryOver({ stack, releases, keys, receipts }: CarryOver): Promise<string[]> {
  const cosmos = connectCosmos(accessOf(stack.env).cosmos, accessOf(stack.env).credential);
  const countOpen = async (): Promise<number> => {
    const query = `SELECT c.id FROM c WHERE c.kind = "entry" AND c.open = true`;
    return (await queryAll(cosmos.containers.ledger, { query })).length;
  };
  try {
    const own = await makeOrgs(stack, ORGS);
    const options = { api: { baseUrl: stack.baseUrl, maxWaitMs: PATIENCE_MS }, keys: new Map([...keys, ...own]) };
    const questions = [...receipts.map(askForReceipt), ...askForHours(keys.keys(), stack.clock?.now() ?? Date.now())];
    const before = await readNumbers(questions, options);
    const left = await leaveOpen(stack, own, options, countOpen);
    const account = await readAccount(releases.dirs.last, stack.stateDir);
    releases.choose("this");
    const killed = await killOnTheWay(stack, countOpen);
    await inAHurry(stack, () => untilNothingIsOpen(countOpen));
    const idle = await inAHurry(stack, () => untilIdle(stack.baseUrl, [...keys.values()][0] ?? ""));
    const all = [...questions, ...left.taken.map(askForReceipt)];
    const expected = new Map([
      ...before,
      ...left.taken.map((one) => [nameQuestion(askForReceipt(one)), SETTLED] as const),
    ]);
    const after = await readNumbers(all, options);
    const now = await readAccount(releases.dirs.this, stack.stateDir);
    process.stdout.write(
      `carried over: ${after.size} answers compared, ${left.open} entries were open, ${killed.open.join(" and ")} at its kills\n`,
    );
    return [...killed.wrong, ...idle, ...compareNumbers(expected, after), ...compareAccounts(account, now)];
  } finally {
    cosmos.close();
  }
}

interface LeftOpen {
  readonly open: number;
  /** Batches of one new event each. */
  readonly taken: readonly ReceiptOf[];
}

/** Sends until the host is killed at a moment at which nothing of what it has just settled is taken up yet. */
async function leaveOpen(
  stack: Stack,
  own: ReadonlyMap<string, string>,
  options: NumbersOptions,
  countOpen: () => Promise<number>,
): Promise<LeftOpen> {
  const all: ReceiptOf[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    const taken = await sendToEach(own, options);
    all.push(...taken);
    if (!(await comesTo(taken.length, countOpen))) continue;
    await stack.kill("functions-host");
    const open = await countOpen();
    if (open >= taken.length) return { open, taken: all };
    await stack.restart("functions-host");
  }
  throw new Error("the last release has taken up its entries each time before it was killed");
}

/** False when it has not for longer than the host leaves entries open. */
async function comesTo(open: number, countOpen: () => Promise<number>): Promise<boolean> {
  for (const began = performance.now(); performance.now() - began < WAVE_MS; await sleep(5))
    if ((await countOpen()) >= open) return true;
  return false;
}

async function sendToEach(own: ReadonlyMap<string, string>, { api }: NumbersOptions): Promise<ReceiptOf[]> {
  const wanted = [...own].flatMap(([org, apiKey]) => Array.from({ length: BATCHES }, () => ({ org, apiKey })));
  return Promise.all(
    wanted.map(async ({ org, apiKey }) => {
      const body = new TextEncoder().encode(JSON.stringify([{ event_type: "carried" }]));
      const answer = await callApi({ method: "POST", path: "/api/v1/events", apiKey, body }, api);
      if (!answer.ok) throw new Error(`an event was refused: ${answer.problem.status} ${answer.problem.code}`);
      return { org, receiptId: String(answer.body.receipt_id) };
    }),
  );
}

/** Starts the host, and kills it as soon as some of what was open is not any more. Twice. */
async function killOnTheWay(
  stack: Stack,
  countOpen: () => Promise<number>,
): Promise<{ readonly open: readonly number[]; readonly wrong: readonly string[] }> {
  // So that between two steps there is time for a kill.
  stack.setFaults("cosmos", { slow: 1 });
  const open: number[] = [];
  for (let kills = 0; kills < KILLS; kills++) {
    const before = await countOpen();
    await Promise.all([stack.restart("functions-host"), untilFewer(before, countOpen)]);
    await stack.kill("functions-host");
    open.push(await countOpen());
  }
  stack.setFaults("cosmos", {});
  await stack.restart("functions-host");
  return { open, wrong: open.includes(0) ? ["nothing was left to carry over when the host was killed"] : [] };
}

async function untilFewer(than: number, countOpen: () => Promise<number>): Promise<void> {
  for (const began = performance.now(); (await countOpen()) >= than; await sleep(10))
    if (performance.now() - began > PATIENCE_MS) throw new Error(`${than} entries stay open: nothing is carried over`);
}

function untilNothingIsOpen(countOpen: () => Promise<number>): Promise<void> {
  return untilFewer(1, countOpen);
}

/** As `headrace account` of a release tells it. */
async function readAccount(dir: string, stateDir: string): Promise<Account> {
  const [node, script] = findCommand(dir);
  const options = { cwd: dir, env: cleanEnvironment(), maxBuffer: 1e9 };
  const ran = promisify(execFile)(node, [script, "account", "--state", stateDir, "--json"], options);
  const { stdout } = await ran.catch((error: { stdout?: string }) => {
    // Exit code 1 tells of violations, which the output has.
    if (error.stdout) return { stdout: error.stdout };
    throw error;
  });
  return JSON.parse(stdout) as Account;
}

function compareAccounts(before: Account, after: Account): string[] {
  const told = [before, after].flatMap(({ violations }) => violations.map((violation) => `account: ${violation}`));
  const byOrg = ({ orgs }: Account): Numbers => new Map(orgs.map((org) => [`the account of ${org.orgId}`, org]));
  return [...told, ...compareNumbers(byOrg(before), byOrg(after))];
}
