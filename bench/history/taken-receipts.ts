import { createFloor, type Floor } from "./floor.ts";
import { createSample } from "./sample.ts";
import type { Instance, Judge, NotStored, ReceiptAnswer, SentEvent } from "./step.ts";

/** A receipt that was answered with 202. */
export interface TakenReceipt {
  readonly org: string;
  readonly id: string;
  readonly accepted: number;
  /** By index. */
  readonly events: readonly SentEvent[];
}

/** The first answer that says that a receipt is settled. */
export interface Settling {
  readonly receipt: TakenReceipt;
  readonly settled: NonNullable<ReceiptAnswer["settled"]>;
  readonly at: number;
  readonly instance: Instance;
}

/** Every receipt that is not settled, and a sample of the others. */
export interface TakenReceipts {
  take(receipt: TakenReceipt): void;
  begin(id: string, at: number): Judge | undefined;
  /** Settled ones, to be read again. */
  list(): { readonly org: string; readonly id: string }[];
  /** What was answered with 202 and never settled, a sentence each. */
  finish(): string[];
}

interface State extends TakenReceipt {
  readonly done: Floor;
  /** The answer when it was settled, as text. */
  answer?: string;
}

export function createTakenReceipts(
  most: number,
  lagMs: number,
  onSettled: (settling: Settling) => void,
): TakenReceipts {
  const open = new Map<string, State>();
  const settled = createSample<State>(most);
  const settleFirst = (receipt: State, settling: Settling): void => {
    open.delete(receipt.id);
    settled.offer(receipt.id, receipt);
    onSettled(settling);
  };
  return {
    take: (receipt) => void open.set(receipt.id, { ...receipt, done: createFloor(Math.max, lagMs) }),
    begin: (id, at) => {
      const receipt = open.get(id) ?? settled.get(id);
      return receipt && judgeReceipt(receipt, at, settleFirst);
    },
    list: () => settled.values(),
    finish: () => [...open.values()].map(({ org, id }) => `${org}: the receipt ${id} is not settled in the end`),
  };
}

function judgeReceipt(receipt: State, began: number, settleFirst: (receipt: State, settling: Settling) => void): Judge {
  const least = receipt.done.at(began);
  return (found, at, instance) => {
    if (found.what !== "receipt") return [];
    const name = `${receipt.org}: the receipt ${receipt.id}`;
    if (!found.receipt) return [`${name} was answered with 202, and nobody knows it`];
    const { accepted, settled } = found.receipt;
    const wrong =
      accepted === receipt.accepted ? [] : [`${name} says ${accepted} accepted, the 202 said ${receipt.accepted}`];
    if (!settled) return least(instance) > 0 ? [...wrong, `${name} was settled, and is pending`] : wrong;
    receipt.done.add(1, at, instance);
    const answer = JSON.stringify(settled);
    const before = receipt.answer;
    receipt.answer = answer;
    if (before !== undefined)
      return before === answer ? wrong : [...wrong, `${name} settles as ${answer}, and did as ${before}`];
    settleFirst(receipt, { receipt, settled, at, instance });
    return [...wrong, ...checkSums(receipt, settled).map((fault) => `${name} ${fault}`)];
  };
}

function checkSums({ accepted }: TakenReceipt, { outcomes, notStored }: Settling["settled"]): string[] {
  const sum = outcomes.reduce((total, count) => total + count, 0);
  if (sum !== accepted) return [`accounts for ${sum} of ${accepted} events`];
  const count = (result: NotStored["result"]): number => notStored.filter((one) => one.result === result).length;
  const [, duplicate, quarantined] = outcomes;
  const same = count("duplicate") === duplicate && count("quarantined") === quarantined;
  return same ? [] : ["names other events than it counts"];
}
