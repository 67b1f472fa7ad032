import { afterAll, afterEach } from "vitest";
import type { CheckAnswer } from "./contract.ts";
import { unwatched, watchAnswers } from "./watch-answers.ts";

// For each file of tests: a test fails when an answer of the product that it got is not as the contract says, in its
// status, its headers or its body.
let check: Promise<CheckAnswer> | undefined;
const watched = watchAnswers(unwatched, () => {
  check ??= import("./contract.ts").then(({ contract, createCheckAnswer }) => createCheckAnswer(contract));
  return check;
});
globalThis.fetch = watched.fetch;

function tell(): void {
  const found = watched.takeFaults();
  if (found.length > 0) throw new Error(`the contract does not describe:\n${found.join("\n")}`);
}
afterEach(tell);
afterAll(tell);
