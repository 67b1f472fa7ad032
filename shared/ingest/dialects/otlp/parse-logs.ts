import { AppError } from "../../../errors.ts";
import type { Turns } from "../../../runtime/turn.ts";
import { parseDocument } from "../../read-document.ts";
import { countNames } from "../translated-batch.ts";

/**
 * A request for logs in JSON. An integer that a double cannot hold is the text of its digits: 64 bits may be numbers
 * there. Throws AppError `invalid_json`, also for a name that stands twice in an object, or as `parseDocument` does.
 */
export async function parseLogs(bytes: Buffer, turns: Turns): Promise<unknown> {
  const { json, survey } = await parseDocument(bytes, turns);
  await turns.pause();
  const exact: unknown = survey.mayRound ? parse(bytes.toString(), keepDigits) : json;
  if (countNames(exact) === survey.names) return exact;
  throw new AppError("invalid_json", "the body has a name twice in one object");
}

type Revive = (name: string, value: unknown, context: { readonly source?: string }) => unknown;
/** With the third argument that the types do not have yet. */
const parse = JSON.parse as (text: string, revive: Revive) => unknown;

const keepDigits: Revive = (_, value, { source = "" }) =>
  typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value;
