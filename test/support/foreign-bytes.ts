import { randomUUID } from "node:crypto";
import { nameUnreadable } from "../../shared/envelope/frame.ts";
import { createCosmosQuarantineStore } from "../../shared/quarantine/cosmos-quarantine-store.ts";
import { createQuarantine } from "../../shared/quarantine/quarantine.ts";
import { createMemoryClaimStore } from "./memory-claim-store.ts";
import { cosmos } from "./product.ts";

/** Puts bytes into the service's quarantine that belong to no org, as the pipeline does. Gives their id. */
export async function keepForeignBytes(bytes = Buffer.from(`foreign ${randomUUID()}`)): Promise<string> {
  const store = createCosmosQuarantineStore(cosmos.containers.quarantine);
  const kept = await createQuarantine(store, createMemoryClaimStore()).keepBytes("event hub partition 0", bytes);
  if (kept.status !== "written") throw new Error(`the bytes are not kept: ${kept.status}`);
  return nameUnreadable("event hub partition 0", bytes);
}
