import { z } from "zod";

const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));

/** What a key is decided by. */
const wholeKey = z.object({
  hash: z.string().min(1),
  scopes: z.array(z.string()),
  revoked_at: z.string().optional(),
  expires_at: time.optional(),
});

export function isWholeKey(document: object): boolean {
  return wholeKey.safeParse(document).success;
}
