import type { HttpRequest } from "@azure/functions";
import { takeTurns } from "../../runtime/turn.ts";
import { skipSpace } from "../json-bytes.ts";
import { type Member, membersOf } from "../json-members.ts";
import { unpackBody } from "../unpack-body.ts";
import type { ReadSent } from "../way-in.ts";

/** Most bytes of a body, unpacked, in which a key is looked for. SDKs of pages send 500 KB at most. */
const LOOKED_AT = 512 * 1024;

/** Finds a key in a body that is not parsed: nobody is known yet whose turn that could be. */
type FindKey = (body: Buffer) => Promise<string | undefined>;

/**
 * The credential of a request as SDKs send it, as the value of an `Authorization` header: a bearer token, the user of
 * HTTP Basic, or a key in the body: the member of that name, or what is found there. Null for none. Throws AppError as
 * `unpackBody` does.
 */
export async function findCredential(
  request: HttpRequest,
  readSent: ReadSent,
  where: string | FindKey,
): Promise<string | null> {
  const authorization = request.headers.get("authorization");
  if (authorization !== null) return bearerOf(authorization);
  const body = await unpackBody(await readSent(), request.headers.get("content-encoding"), LOOKED_AT);
  const find: FindKey = typeof where === "string" ? (bytes) => findMember(bytes, where) : where;
  const key = await find(body).catch(noKey);
  return key === undefined ? null : `Bearer ${key}`;
}

/** It is not JSON: that is told to who has shown who they are. */
function noKey(error: unknown): undefined {
  if (!(error instanceof SyntaxError)) throw error;
}

/** Basic's password is not looked at: these SDKs have none. */
function bearerOf(authorization: string): string {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  const [user = ""] = Buffer.from(encoded ?? "", "base64")
    .toString()
    .split(":");
  return user === "" ? authorization : `Bearer ${user}`;
}

async function findMember(body: Buffer, name: string): Promise<string | undefined> {
  return memberText(body, await membersOf(body, skipSpace(body, 0), takeTurns()), name);
}

/** The text that a member has; undefined for an empty one, and for any other value. Throws SyntaxError. */
export function memberText(bytes: Buffer, members: readonly Member[], name: string): string | undefined {
  const found = members.find((member) => member.name === name);
  const value: unknown = found && JSON.parse(bytes.toString("utf8", found.value, found.end));
  return typeof value === "string" && value !== "" ? value : undefined;
}
