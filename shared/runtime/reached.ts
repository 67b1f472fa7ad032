import { channel } from "node:diagnostics_channel";

const marks = /* @__PURE__ */ channel("headrace:reached");

/**
 * Marks a branch that is rarely taken. A test must take it, which CI counts (`npm run reached`). The name is a literal,
 * and stands once in the product. The bundle has neither the call nor the name (docs/adr/0046).
 */
export function reached(name: string): void {
  // biome-ignore lint/suspicious/noConfusingLabels: the bundler drops it by its label, and with it the calls.
  MARK: marks.publish(name);
}
