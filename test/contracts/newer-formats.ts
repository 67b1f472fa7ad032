import { describe, expect, it } from "vitest";
import type { NewerFormats } from "../../shared/store/newer-formats.ts";

export interface NewerFormatsUnderTest {
  open(): Promise<NewerFormats>;
  /** Of a service that fails every call. */
  openAway(): Promise<NewerFormats>;
}

/** The contract of every adapter of the formats that only a newer release can read. */
export function describeNewerFormats(name: string, { open, openAway }: NewerFormatsUnderTest): void {
  describe(`newer formats: ${name}`, () => {
    it("each format and version is listed once, with the time at which it was last seen", async () => {
      const formats = await open();
      const [first, other] = [
        { format: "frame", version: 9, seenAt: 1_700_000_000_123 },
        { format: "frame", version: 10, seenAt: 1_700_000_000_200 },
      ];
      await formats.note(first);
      await formats.note(other);
      await formats.note({ ...first, seenAt: first.seenAt + 60_000 });
      const found = (await formats.list()).filter(({ version }) => version === 9 || version === 10);
      expect(found.sort((a, b) => a.version - b.version)).toEqual([{ ...first, seenAt: first.seenAt + 60_000 }, other]);
    });

    it("a store that is away is `store_unavailable`", async () => {
      const formats = await openAway();
      const expected = { code: "store_unavailable" };
      await expect(formats.note({ format: "frame", version: 9, seenAt: 1 })).rejects.toMatchObject(expected);
      await expect(formats.list()).rejects.toMatchObject(expected);
    });
  });
}
