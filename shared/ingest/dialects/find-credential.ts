import type { HttpRequest } from "@azure/functions";
import { takeTurns } from "../../runtime/turn.ts";
import { skipSpace } from "../json-bytes.ts";
import { membersOf } from "../json-members.ts";
import { unpackBody } from "../unpack-body.ts";
import type { ReadSent } from "../way-in.ts";

/** Most bytes of a body, unpacked, in which a key is looked for. SDKs of pages send 500 KB at most. */
const LOOKED_AT = 512 * 1024;

/**
 * The credential of a request as SDKs send it, as the value of an `Authorization` header: a bearer token, the user of
 * HTTP Basic, or the member `name` of the body, a key there. Null for none. Throws AppError as `unpackBody` does.
 */
export async function findCredential(request: HttpRequest, readSent: ReadSent, name: string): Promise<string | null> {
  const authorization = request.headers.get("authorization");
  if (authorization !== null) return bearerOf(authorization);
  const body = await unpackBody(await readSent(), request.headers.get("content-encoding"), LOOKED_AT);
  const key = await memberOf(body, name);
  return key === undefined ? null : `Bearer ${key}`;
}

/** Basic's password is not looked at: these SDKs have none. */
function bearerOf(authorization: string): string {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  const [user = ""] = Buffer.from(encoded ?? "", "base64")
    .toString()
    .split(":");
  return user === "" ? authorization : `Bearer ${user}`;
}

/** A text in an object, found without parsing it: nobody is known yet whose turn that could be. */
async function memberOf(body: Buffer, name: string): Promise<string | undefined> {
  try {
    const members = await membersOf(body, skipSpace(body, 0), takeTurns());
    const found = members.find((member) => member.name === name);
    const value: unknown = found && JSON.parse(body.toString("utf8", found.value, found.end));
    return typeof value === "string" && value !== "" ? value : undefined;
  } catch (error) {
    // It is not JSON: that is told to who has shown who they are.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
