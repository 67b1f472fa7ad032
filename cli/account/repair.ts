import process from "node:process";
import type { RepairView } from "../../shared/operator/repair-ledger.ts";
import { SLOTS_PER_DAY } from "../../shared/receipt/receipt-id.ts";
import { UsageError } from "../command.ts";
import type { OperatorClient } from "../operator-client.ts";

const DAY_MS = 86_400_000;
const USUAL_DAYS = 30;

export interface RepairFlags {
  readonly org?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly dry: boolean;
  readonly json: boolean;
}

/**
 * Goes through the slots of an org's ledger, and prints each that did not add up. Exit code 1 where one still does not.
 */
export async function repairAccount(operator: OperatorClient, flags: RepairFlags): Promise<number> {
  const { org, dry, json } = flags;
  if (org === undefined) throw new UsageError("--repair needs --org ORG: say whose ledger it is.");
  const found: RepairView[] = [];
  const slots = slotsOf(flags);
  for (const slot of slots) {
    const view = await operator.repairLedger(org, { slot, dry });
    if (view.result === "left" || view.result === "mended") found.push(view);
  }
  const left = found.filter(({ result }) => result === "left").length;
  const text = `${found.map(describe).join("")}${sumUp(slots.length, found.length - left, left)}`;
  process.stdout.write(json ? `${JSON.stringify({ slots: slots.length, found })}\n` : text);
  return left === 0 ? 0 : 1;
}

function slotsOf({ from, to }: RepairFlags): string[] {
  const last = readDay("--to", to) ?? Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const first = readDay("--from", from) ?? last - USUAL_DAYS * DAY_MS;
  if (first > last) throw new UsageError("--from is after --to.");
  const days = Array.from({ length: (last - first) / DAY_MS + 1 }, (_, i) => new Date(first + i * DAY_MS));
  const shards = Array.from({ length: SLOTS_PER_DAY }, (_, shard) => shard);
  return days.flatMap((day) => shards.map((shard) => `${day.toISOString().slice(0, 10)}.${shard}`));
}

function readDay(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time)) return time;
  throw new UsageError(`${flag} takes a day, such as 2026-11-22, not "${text}".`);
}

function describe({ slot, entries, counted, missing, result, reason }: RepairView): string {
  const gone = missing === null ? "" : `, ${missing} is gone`;
  const end = result === "mended" ? "mended" : `left: ${reason}`;
  return `${slot}: ${entries} entries, ${counted} counted${gone}; ${end}\n`;
}

function sumUp(slots: number, mended: number, left: number): string {
  if (mended + left === 0) return `${slots} slots, and every one adds up.\n`;
  return `${slots} slots; ${mended} mended, ${left} that do not add up.\n`;
}
