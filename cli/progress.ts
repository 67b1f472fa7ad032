import type { Tally } from "./send/tally.ts";

export interface Progress {
  update(tally: Tally, phase: "sending" | "settling"): void;
  retry(reason: string, delayMs: number): void;
  end(): void;
}

interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const barWidth = 30;
const redrawMs = 100;
const plainMs = 5_000;

/**
 * Shows how far a send is: one line that is drawn over on a terminal, a plain line now and then elsewhere. The number
 * of events in a file is not known before it is read, so sending counts and settling has a bar.
 */
export function createProgress(screen: Screen, now: () => number = Date.now): Progress {
  const terminal = screen.isTTY === true;
  let drawn = now();
  let retries = 0;
  let lastReason = "";
  const describe = (tally: Tally, phase: "sending" | "settling"): string => {
    const total = tally.total();
    const settled = total.accepted - total.pending;
    const failed = total.failed > 0 ? `, ${total.failed} failed` : "";
    const retried = retries > 0 ? `, ${retries} retries (last: ${lastReason})` : "";
    if (phase === "sending") return `sending: ${total.sent} events, ${total.accepted} accepted${failed}${retried}`;
    return `settling: ${drawBar(settled, total.accepted)} ${settled} of ${total.accepted}${failed}${retried}`;
  };
  return {
    update: (tally, phase) => {
      if (now() - drawn < (terminal ? redrawMs : plainMs)) return;
      drawn = now();
      const text = describe(tally, phase);
      screen.write(terminal ? `\r\u001b[K${text.slice(0, (screen.columns ?? 80) - 1)}` : `${text}\n`);
    },
    retry: (reason) => {
      retries++;
      lastReason = reason;
    },
    end: () => {
      if (terminal) screen.write("\r\u001b[K");
    },
  };
}

function drawBar(done: number, all: number): string {
  const filled = all === 0 ? 0 : Math.round((done / all) * barWidth);
  return `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}]`;
}
