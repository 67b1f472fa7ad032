import { randomBytes, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type ClaimStore, claimName } from "../../shared/envelope/claim-store.ts";
import { itChecks } from "./check.ts";
import { newOrg } from "./new-org.ts";

export interface ClaimStoreUnderTest {
  open(): Promise<ClaimStore>;
  /** Of a service that fails every call. */
  openAway(): Promise<ClaimStore>;
  /** Of a service that takes calls and never answers. */
  openSilent(): Promise<ClaimStore>;
}

/** Above the block size of downloads, so that it comes in parts. */
const LARGE_BYTES = 9 * 1024 * 1024;

/** The contract of every adapter of the claim store. */
export function describeClaimStore(name: string, underTest: ClaimStoreUnderTest): void {
  const { open, openAway } = underTest;
  describe(`claim store: ${name}`, () => {
    it("gives back the stored bytes, exactly, as soon as they are put", async () => {
      const store = await open();
      for (const bytes of [Buffer.of(0), randomBytes(1_000), randomBytes(LARGE_BYTES)]) {
        const blob = claimName(newOrg(), randomUUID());
        await store.put(blob, bytes);
        expect((await store.get(blob))?.equals(bytes)).toBe(true);
      }
    });

    it("holds the stored bytes, whatever becomes of the buffer", async () => {
      const store = await open();
      const blob = claimName(newOrg(), randomUUID());
      const bytes = Buffer.from("as it was");
      await store.put(blob, bytes);
      bytes.fill(0);
      expect(String(await store.get(blob))).toBe("as it was");
    });

    it("gives undefined for an unknown blob, and for another org's under the same id", async () => {
      const store = await open();
      const id = randomUUID();
      await store.put(claimName(newOrg(), id), Buffer.from("theirs"));
      expect(await store.get(claimName(newOrg(), id))).toBeUndefined();
    });

    it("overwrites a blob, and changes nothing with the same bytes", async () => {
      const store = await open();
      const blob = claimName(newOrg(), randomUUID());
      for (const text of ["first", "second", "second"]) await store.put(blob, Buffer.from(text));
      expect(String(await store.get(blob))).toBe("second");
    });

    it("keeps one of several blobs written at once, whole", async () => {
      const store = await open();
      const blob = claimName(newOrg(), randomUUID());
      const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(50_000));
      await Promise.all(texts.map((text) => store.put(blob, Buffer.from(text))));
      expect(texts).toContain(String(await store.get(blob)));
    });

    it("deletes a blob once and again, and nothing beside it", async () => {
      const store = await open();
      const org = newOrg();
      const [gone, stays] = [claimName(org, "gone"), claimName(org, "gone-not")];
      await Promise.all([gone, stays].map((blob) => store.put(blob, Buffer.from(blob))));
      for (let i = 0; i < 2; i++) await store.delete(gone);
      expect(await store.get(gone)).toBeUndefined();
      expect(String(await store.get(stays))).toBe(stays);
    });

    it("throws while the service is away, so that nobody takes a blob for gone", async () => {
      const store = await openAway();
      await expect(store.put("envelopes/a/b", Buffer.from("x"))).rejects.toThrow();
      await expect(store.get("envelopes/a/b")).rejects.toThrow();
      await expect(store.delete("envelopes/a/b")).rejects.toThrow();
    });

    itChecks(underTest);
  });
}
