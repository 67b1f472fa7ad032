import type { Container } from "@azure/cosmos";
import { AppError } from "../errors.ts";
import { queryAll } from "./cosmos.ts";
import { type Formatted, isReadable } from "./formats.ts";
import type { NewerFormats } from "./newer-formats.ts";
import { writeOver } from "./write-over.ts";

interface NewerFormatDocument extends Formatted {
  /** `newer-format:<format>:<version>` */
  readonly id: string;
  readonly kind: "newer-format";
  readonly format: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly seen_at: number;
  /** Seconds. */
  readonly ttl: number;
}

const TTL_SECONDS = 600;

/** A document for each format and version in the container `control`. */
export function createCosmosNewerFormats(container: Container): NewerFormats {
  return {
    note: async ({ format, version, seenAt }) => {
      const document: NewerFormatDocument = {
        id: `newer-format:${format}:${version}`,
        kind: "newer-format",
        ...{ format, version, seen_at: seenAt, ttl: TTL_SECONDS },
      };
      try {
        await writeOver(container, "newer-format", document);
      } catch (cause) {
        throw new AppError("store_unavailable", "Cosmos DB does not take what was seen", { cause, retryAfter: 1 });
      }
    },
    list: async () => {
      const found = await queryAll<NewerFormatDocument>(container, {
        query: `SELECT * FROM c WHERE c.kind = "newer-format"`,
      });
      return found
        .filter((document) => isReadable("newer-format", document))
        .map(({ format, version, seen_at }) => ({ format, version, seenAt: seen_at }));
    },
  };
}
