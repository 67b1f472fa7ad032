import { onTestFinished } from "vitest";
import { type Arm, createArm } from "../../../infra/arm/arm-client.ts";
import { createRehearsal } from "../../../infra/arm/rehearsal.ts";
import type { World } from "../../../infra/arm/world.ts";
import { type ArmServer, type Part, startArmServer, TOKEN } from "./arm-server.ts";

export const APP_ID =
  "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg-headrace-dev/providers/Microsoft.Web/sites/func-headrace-dev";

export interface ArmWorld {
  readonly server: ArmServer;
  readonly world: World;
  readonly arm: Arm;
  /** What the operator was told. */
  readonly log: readonly string[];
  /** Minutes that were slept through. */
  minutes(): number;
}

/** A server of ours for one test, and a client of it whose clock jumps. */
export async function startArmWorld(parts: readonly Part[]): Promise<ArmWorld> {
  const server = await startArmServer(parts);
  onTestFinished(() => server.close());
  const log: string[] = [];
  const world = createRehearsal(server.url, (line) => void log.push(line));
  const began = world.now();
  return {
    server,
    world,
    arm: createArm(world, async () => TOKEN),
    log,
    minutes: () => (world.now() - began) / 60_000,
  };
}
