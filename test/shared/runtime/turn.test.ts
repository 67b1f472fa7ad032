import { expect, it } from "vitest";
import { takeTurns } from "../../../shared/runtime/turn.ts";

/** Works in so many pieces, and notes each. */
async function work(owner: string, pieces: number, done: string[]): Promise<void> {
  const turns = takeTurns(owner);
  for (let i = 0; i < pieces; i++) {
    await turns.next();
    done.push(owner);
  }
}

it("owners take turns, whatever they have of work", async () => {
  const done: string[] = [];
  await Promise.all([..."aaaaaaaaaa"].map((owner) => work(owner, 10, done)).concat(work("b", 10, done)));
  expect(done).toHaveLength(110);
  // The first turns were taken before "b" came.
  expect(done.slice(0, 20).filter((owner) => owner === "b")).toHaveLength(10);
});

it("one piece of all long work runs each time that the event loop comes round", async () => {
  const done: string[] = [];
  const counts: number[] = [];
  const all = Promise.all(["a", "a", "a", "b", "c"].map((owner) => work(owner, 5, done)));
  let before = 0;
  const look = (): void => {
    counts.push(done.length - before);
    before = done.length;
    timer = setImmediate(look);
  };
  let timer = setImmediate(look);
  await all;
  clearImmediate(timer);
  expect(Math.max(...counts)).toBe(1);
});
