import process from "node:process";
import { getClientToken } from "@pulumi/azure-native/authorization/getClientToken.js";
import * as pulumi from "@pulumi/pulumi";
import { createArm } from "./arm-client.ts";
import type { PublishDeps } from "./publish.ts";
import { createRehearsal } from "./rehearsal.ts";
import { createSend } from "./send.ts";
import { createWorld, MINUTE, type World } from "./world.ts";

const STORAGE = "https://storage.azure.com";
/** The provider gives a token that is good for longer, from its own cache. */
const KEPT_MS = 5 * MINUTE;

/**
 * Azure as the provider reaches it, with its own sign-in: no second one. In a plan and in tests `HEADRACE_ARM_URL` is
 * the server on this machine that stands for it.
 */
export function createOutside(): PublishDeps {
  const url = process.env.HEADRACE_ARM_URL;
  const log = (line: string): void => {
    // Shown while it goes on, and not kept.
    void pulumi.log.info(line, undefined, undefined, true);
  };
  const world = url ? createRehearsal(url, log) : createWorld(log);
  return {
    world,
    arm: createArm(
      world,
      keepToken(world, () => getClientToken()),
    ),
    storage: createSend(
      world,
      keepToken(world, () => getClientToken({ endpoint: STORAGE })),
    ),
  };
}

/** A token stays in this process: a function's result is in no state. */
function keepToken(world: World, ask: () => Promise<{ readonly token: string }>): () => Promise<string> {
  let kept: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    if (kept === undefined || world.now() >= kept.until) kept = { ...(await ask()), until: world.now() + KEPT_MS };
    return kept.token;
  };
}
