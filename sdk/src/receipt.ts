import type { Call } from "./call.ts";
import { readBody } from "./judge.ts";
import type { Receipt } from "./types.ts";

/** Throws an Error with the API's `code` and `fix` when the answer is no receipt. */
export async function readReceipt(call: Call, receiptId: string): Promise<Receipt> {
  const { status, text } = await call(`receipts/${encodeURIComponent(receiptId)}`);
  const body = readBody(text);
  if (status === 200 && body.receipt_id === receiptId) return body as Receipt;
  const { code = "not_headrace", detail = `the answer is ${status}`, fix } = body;
  throw Object.assign(new Error(`${detail}`), { code, fix });
}
