import process from "node:process";
import { isClockMessage, OFFSET_VARIABLE } from "./test-clock.ts";

/**
 * Preloaded (`node --import`) into a service whose clock a test moves. `Date` is replaced by one that is off by so many
 * milliseconds. The launcher says how many: in the environment at the start, and over the IPC channel from then on.
 *
 * Only the wall clock moves, as on a machine whose time is set. Waiting (setTimeout, timeouts of requests, SDKs' pauses
 * between two tries) takes real time, and `performance.now()` does not jump.
 */
const RealDate = Date;
const realNow = RealDate.now;
const { [OFFSET_VARIABLE]: initial = "0" } = process.env;
let offsetMs = Number(initial);

const now = (): number => realNow() + offsetMs;

const ShiftedDate: DateConstructor = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget === ShiftedDate ? target : newTarget),
  apply: () => new RealDate(now()).toString(),
});
RealDate.now = now;
Object.defineProperty(RealDate.prototype, "constructor", { value: ShiftedDate, writable: true, configurable: true });
globalThis.Date = ShiftedDate;

process.on("message", (message: unknown) => {
  if (!isClockMessage(message)) return;
  offsetMs = message.clockOffsetMs;
  // The launcher may be gone.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
});
// Listening must not keep a service alive that has finished its work.
process.channel?.unref();
