import type { Container } from "@azure/cosmos";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { reached } from "../runtime/reached.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import { inTime, type WriteAnswer, writeAnswerOfError } from "./cosmos.ts";
import { findWrongKey } from "./partition-key.ts";
import { isSilence, type WriteResult } from "./write-result.ts";

const PROBE_TTL_SECONDS = 60;
const AT_ONCE = 100;

/** What the store said of a document, and how to try it once more. */
export interface Attempt {
  readonly answer: WriteAnswer;
  again(): Promise<WriteAnswer>;
}

/**
 * Settles what 400 left open. A document is refused when the store says 400 of it again, right after it took another
 * one that is as plain as can be. Else the mistake lies elsewhere, and the document waits until that is put right. One
 * result for each, in order.
 */
export async function confirmRefusals(container: Container, attempts: readonly Attempt[]): Promise<WriteResult[]> {
  const doubted = attempts.filter(({ answer }) => answer.status === "doubted");
  if (doubted.length === 0) return attempts.map(({ answer }) => settled(answer));
  reached("refusal-doubted");
  const obstacle = await findObstacle(container);
  const second = new Map<Attempt, WriteAnswer>();
  for (let i = 0; i < doubted.length && obstacle === undefined; i += AT_ONCE) {
    const some = doubted.slice(i, i + AT_ONCE);
    const answers = await Promise.all(some.map((attempt) => attempt.again()));
    for (const [n, attempt] of some.entries()) second.set(attempt, answers[n] ?? attempt.answer);
    if (!isSilence(answers)) continue;
    reached("nobody-answers-refusals");
    break;
  }
  return attempts.map((attempt) => {
    const again = second.get(attempt);
    return again?.status === "doubted" ? { ...again, status: "refused" } : settled(again ?? attempt.answer, obstacle);
  });
}

function settled(answer: WriteAnswer, obstacle = ""): WriteResult {
  if (answer.status !== "doubted") return answer;
  return { status: "unavailable", retryAfterMs: 0, reason: `${obstacle}: ${answer.reason}`.slice(0, 500) };
}

/** Why the container takes no document at all; undefined when it does. */
async function findObstacle(container: Container): Promise<string | undefined> {
  const wrongKey = await findWrongKey(container, true);
  if (wrongKey !== undefined) return wrongKey;
  const id = `probe.${uuidv7(Date.now())}`;
  const probe = { id, org_id: SERVICE_ORG_ID, receipt_id: null, ttl: PROBE_TTL_SECONDS };
  try {
    await inTime((abortSignal) => container.items.create(probe, { abortSignal }));
    return undefined;
  } catch (error) {
    reached("container-takes-nothing");
    const answer = writeAnswerOfError(error);
    const reason = "reason" in answer ? answer.reason : answer.status;
    return `the container ${container.id} takes no other document either (${reason.slice(0, 200)})`;
  }
}
