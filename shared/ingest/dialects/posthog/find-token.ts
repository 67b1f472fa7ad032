import { takeTurns } from "../../../runtime/turn.ts";
import { OPEN_ARRAY, OPEN_OBJECT, skipSpace } from "../../json-bytes.ts";
import { type Member, membersOf } from "../../json-members.ts";
import { memberText } from "../find-credential.ts";
import { fromForm } from "./read-form.ts";

/** Where the key stands, the first that is there: around the events or in the first of them. */
const NAMES = ["api_key", "token"];

/**
 * The key of a body of `posthog-js`, which is not parsed: around the events, in the first event, or among its
 * properties. No deeper, so that no body is read more than twice. Undefined for none. Throws SyntaxError for what is
 * no JSON, and AppError as `fromForm` does.
 */
export async function findToken(body: Buffer): Promise<string | undefined> {
  const bytes = fromForm(body);
  const start = skipSpace(bytes, 0);
  const members = await objectAt(bytes, bytes[start] === OPEN_ARRAY ? skipSpace(bytes, start + 1) : start);
  const own = keyOf(bytes, members);
  if (own !== undefined) return own;
  const properties = members.find(({ name }) => name === "properties");
  return properties && keyOf(bytes, await objectAt(bytes, properties.value), ["token"]);
}

async function objectAt(bytes: Buffer, start: number): Promise<readonly Member[]> {
  return bytes[start] === OPEN_OBJECT ? membersOf(bytes, start, takeTurns()) : [];
}

function keyOf(bytes: Buffer, members: readonly Member[], names: readonly string[] = NAMES): string | undefined {
  for (const name of names) {
    const key = memberText(bytes, members, name);
    if (key !== undefined) return key;
  }
  return undefined;
}
