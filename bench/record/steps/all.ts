import type { Step } from "../step.ts";
import { ingest } from "./ingest.ts";
import { ingestRefused } from "./ingest-refused.ts";
import { keysAndTokens } from "./keys.ts";
import { operate } from "./operate.ts";
import { makeOrgs, manageOrgs } from "./orgs.ts";
import { people } from "./people.ts";
import { health, read } from "./read.ts";
import { refusals } from "./refusals.ts";
import { schemas } from "./schemas.ts";
import { signIns, signOut } from "./sign-in.ts";

/** All requests, in this order: those that end keys, sessions and orgs come after those that use them. */
export const steps: readonly Step[] = [
  ...health,
  ...makeOrgs,
  ...manageOrgs,
  ...refusals,
  ...ingest,
  ...ingestRefused,
  ...read,
  ...signIns,
  ...people,
  ...schemas,
  ...keysAndTokens,
  ...signOut,
  ...operate,
];
