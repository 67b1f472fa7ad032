import { isUtf8 } from "node:buffer";
import { AppError } from "../errors.ts";
import { parseJson } from "../runtime/parse-json.ts";
import type { Turns } from "../runtime/turn.ts";
import { checkEscapedNames } from "./check-escaped-names.ts";
import { invalidJson, invalidUtf8, refuseEndless } from "./invalid-json.ts";
import { skipInTurns, skipSpace } from "./json-bytes.ts";
import { parseInTurns } from "./parse-in-turns.ts";
import { shortenNumbers } from "./shorten-numbers.ts";
import { checkBounds, checkDifferentNames, type Survey, surveyInTurns } from "./survey-json.ts";

/** A body that is one JSON text. */
export interface JsonDocument {
  readonly bytes: Buffer;
  readonly json: unknown;
  readonly survey: Survey;
}

/** The body without its byte order mark, and where it begins. Throws AppError `empty_body`. */
export async function findStart(
  body: Buffer,
  turns: Turns,
): Promise<{ readonly bytes: Buffer; readonly start: number }> {
  const bytes = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
  const start = await skipInTurns(skipSpace, bytes, 0, turns);
  if (start === bytes.length) throw new AppError("empty_body", "the body has nothing but white space");
  return { bytes, start };
}

/**
 * Parses one JSON text, within the bounds of every body. Others have their turns between the passes over a large one,
 * and within those that can be cut. Throws AppError `invalid_json`, or as `checkBounds` does.
 */
export async function parseDocument(bytes: Buffer, turns: Turns): Promise<JsonDocument> {
  const survey = await surveyInTurns(bytes, turns);
  checkBounds(survey);
  await checkDifferentNames(bytes, survey, turns);
  return { bytes, survey, json: await readJson(bytes, survey, turns) };
}

async function readJson(bytes: Buffer, { longNumbers, endless }: Survey, turns: Turns): Promise<unknown> {
  await turns.pause();
  if (!isUtf8(bytes)) throw await invalidUtf8(bytes, turns);
  if (endless !== undefined) await refuseEndless(bytes.toString("utf8", 0, endless), turns);
  const sound = longNumbers ? await shortenNumbers(bytes, turns) : bytes;
  try {
    return await parseInTurns(sound, turns, {
      parse: (text) => parseJson(text, checkEscapedNames(text, bytes.length)),
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    await turns.pause();
    throw await invalidJson(error, bytes.toString(), turns);
  }
}
