/**
 * The one place that every request passes, twice. Faults are injected here: an answer instead of the work, a delay
 * before it, or an answer that is lost after the work was committed. `dropped` closes the connection without an answer.
 */
export interface Gate<Request, Answer> {
  /** Before anything is done. An answer given here is the answer, and nothing is done. */
  enter?(request: Request): Promise<Answer | "dropped" | undefined>;
  /** After everything is committed. */
  leave?(request: Request, answer: Answer): Promise<Answer | "dropped">;
}

/** Does the work of a request between its two ways through the gate. */
export async function passGate<Request, Answer extends object>(
  gate: Gate<Request, Answer>,
  request: Request,
  work: () => Promise<Answer>,
): Promise<Answer | "dropped"> {
  const early = await gate.enter?.(request);
  if (early === "dropped") return early;
  const answer = early ?? (await work());
  return (await gate.leave?.(request, answer)) ?? answer;
}
