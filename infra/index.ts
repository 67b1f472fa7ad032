import process from "node:process";
import * as pulumi from "@pulumi/pulumi";
import { readSettings, type Settings } from "./config/settings.ts";
import { deploy } from "./deploy.ts";

/** What `pulumi up` runs. Whatever is wrong is thrown before anything is registered, and Pulumi exits with it. */
export default async function program(): Promise<Record<string, pulumi.Input<unknown>>> {
  return deploy(readConfiguration());
}

function readConfiguration(): Settings {
  try {
    return readSettings({
      stack: pulumi.getStack(),
      values: pulumi.runtime.allConfig(),
      secretKeys: JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]") as string[],
    });
  } catch (error) {
    // Printed without a stack: the operator has to see what to write.
    throw new pulumi.RunError((error as Error).message);
  }
}
