import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Format } from "./formats.ts";

export interface NewerFormat {
  readonly format: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
}

/** What instances have met that only a newer release can read, for the operator. It is forgotten after 10 minutes. */
export interface NewerFormats {
  /** Throws AppError `store_unavailable`. */
  note(seen: NewerFormat): Promise<void>;
  /** Throws AppError `store_unavailable`. */
  list(): Promise<readonly NewerFormat[]>;
}

/** Tells that work was left open because a newer release wrote it. Never throws. */
export type TellNewer = (format: Format, version: number, log: Logger) => Promise<void>;

/** The same work comes again every half a minute: it is told once a minute, for each format and version. */
const EVERY_MS = 60_000;

export function createTellNewer(store: Pick<NewerFormats, "note">, now: () => number): TellNewer {
  const told = new Map<string, number>();
  return async (format, version, log) => {
    const name = `${format} ${version}`;
    const seenAt = now();
    if (Math.abs(seenAt - (told.get(name) ?? Number.NEGATIVE_INFINITY)) < EVERY_MS) return;
    told.set(name, seenAt);
    reached("newer-release-told");
    log.error("work of a newer release waits for an instance that can read it", { format, version });
    try {
      await store.note({ format, version, seenAt });
    } catch (error) {
      reached("newer-release-not-noted");
      log.warn("work of a newer release could not be noted for the operator", { format, version, error });
    }
  };
}

export interface NewerFormatView {
  readonly format: string;
  readonly version: number;
  readonly last_seen_at: string;
}

/** As the operator sees it; null, with a line in the log, when it cannot be told. */
export async function tellNewerFormats(
  store: Pick<NewerFormats, "list">,
  log: Logger,
): Promise<readonly NewerFormatView[] | null> {
  try {
    const found = await store.list();
    return found.map(({ format, version, seenAt }) => ({
      format,
      version,
      last_seen_at: new Date(seenAt).toISOString(),
    }));
  } catch (error) {
    log.warn("whether work of a newer release waits cannot be told", { error });
    return null;
  }
}
