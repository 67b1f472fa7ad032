import { jsonOf } from "./json.ts";

/** A request that did not end well, in words for the operator. Neither a token nor a signed address is in it. */
export class RequestError extends Error {
  /** Of the last answer; undefined when none came. */
  readonly status: number | undefined;
  /** The service's own code, such as `AuthorizationFailed`. */
  readonly code: string | undefined;

  constructor(message: string, answer: { readonly status?: number; readonly code?: string } = {}) {
    super(withoutSignatures(message));
    this.name = "RequestError";
    this.status = answer.status;
    this.code = answer.code;
  }
}

/** Azure repeats the address of a package in what it answers, and its query is a key to the package for an hour. */
export function withoutSignatures(text: string): string {
  return text.replace(/\?[^\s"'<>]*\bsig=[^\s"'<>]*/gi, "?(signature left out)");
}

export interface Reason {
  readonly code?: string;
  readonly message: string;
}

/**
 * What an answer says of itself: ARM's `{error: {code, message}}`, App Service's `{Code, Message}`, storage's XML, or
 * the beginning of any other text.
 */
export function reasonOf(text: string): Reason {
  const xml = /<Code>([^<]*)<\/Code>\s*<Message>([^<]*)/.exec(text);
  if (xml) return { code: xml[1] ?? "", message: firstLine(xml[2] ?? "") };
  const { code, message } = fieldsOf(text);
  if (message !== undefined) return { ...(code === undefined ? {} : { code }), message: firstLine(message) };
  return { message: firstLine(text.replace(/<[^>]*>/g, " ")) };
}

function fieldsOf(text: string): { code?: string; message?: string } {
  const body = asObject(jsonOf(text));
  const fields = asObject(body.error ?? body);
  const code = textOf(fields.code ?? fields.Code);
  const message = textOf(fields.message ?? fields.Message);
  return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

const MOST = 400;

function firstLine(text: string): string {
  const [line = ""] = withoutSignatures(text).trim().split(/\r?\n/);
  const short = line.replace(/\s+/g, " ").trim();
  return short.length > MOST ? `${short.slice(0, MOST)}…` : short;
}
