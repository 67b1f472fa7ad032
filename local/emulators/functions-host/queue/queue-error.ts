import { isRestError } from "@azure/storage-queue";

/** Status and code of the queue's answer; 0 when there was none: no connection, or no token to ask with. */
function readAnswer(error: unknown): { status: number; code: string } {
  if (!isRestError(error)) return { status: 0, code: "" };
  const { errorCode } = (error.details ?? {}) as { errorCode?: string };
  return { status: error.statusCode ?? 0, code: errorCode ?? error.code ?? "" };
}

/** Whether the error says that there is no such queue (azure-sdk-for-net `RequestFailedExceptionExtensions.cs`). */
export function isQueueMissing(error: unknown): boolean {
  const { status, code } = readAnswer(error);
  return status === 404 && code === "QueueNotFound";
}

/** Whether a poll that failed so is just tried again. Every other error of a poll ends the real host. */
export function isWaitedOut(error: unknown): boolean {
  const { status, code } = readAnswer(error);
  return isQueueMissing(error) || (status === 409 && code === "QueueBeingDeleted") || (status >= 500 && status < 600);
}

/**
 * Whether somebody else has a message by now, or it is gone. Every other error of settling or renewing it ends the real
 * host, those of the service (5xx) among them: `UpdateQueueMessageVisibilityCommand.cs` throws them as well.
 */
export function isTakenOver(error: unknown): boolean {
  const { status, code } = readAnswer(error);
  if (status === 400) return code === "PopReceiptMismatch";
  if (status === 404) return code === "MessageNotFound" || code === "QueueNotFound";
  return status === 409 && code === "QueueBeingDeleted";
}
