import { AppError } from "../../../errors.ts";

/** Bytes of a form. Only pages send forms, and 500 KB at most; reading one is one step, in which nobody has a turn. */
const MAX_BYTES = 512 * 1024;

/** A field `data`, after a few short ones. JSON begins otherwise. */
const FORM = /^(?:[\w-]{1,30}=[^&]{0,60}&){0,4}data=/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * What the field `data` of a form has: JSON, or the same in base64, with which a page needs no preflight. Any other
 * body as it is. Throws AppError `body_too_large`, or `corrupt_body` for a field that is neither.
 */
export function fromForm(body: Buffer): Buffer {
  const [before] = FORM.exec(body.toString("latin1", 0, 400)) ?? [];
  if (before === undefined) return body;
  if (body.length > MAX_BYTES) {
    const detail = `a form of ${body.length} bytes; at most ${MAX_BYTES} are taken`;
    throw new AppError("body_too_large", detail, { members: { limit: MAX_BYTES } });
  }
  // The one field alone: a form may have very many.
  const end = body.indexOf("&", before.length);
  const field = body.toString("utf8", before.length, end === -1 ? body.length : end);
  const data = (new URLSearchParams(`data=${field}`).get("data") ?? "").trim();
  if (/^[[{]/.test(data)) return Buffer.from(data);
  // Who does not escape a plus sends a space.
  const base64 = data.replaceAll(" ", "+");
  if (BASE64.test(base64)) return Buffer.from(base64, "base64");
  throw new AppError("corrupt_body", "the form's `data` is neither base64 nor JSON");
}
