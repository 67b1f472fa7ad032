/**
 * The bytes of base64url as it is written here. Undefined for any other spelling of them: Node also reads `+` and `/`,
 * padding, white space, and spare bits in the last character.
 */
export function readBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
