import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { readAdminKey, readOperatorKey } from "../../local/launcher/state.ts";
import { hearsSoon, startTestStack } from "./start-test-stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    product: {
      readonly baseUrl: string;
      readonly env: Readonly<Record<string, string>>;
      readonly stateDir: string;
      readonly operatorKey: string;
      /** Lets a test ask the host's `/admin/…` to do something. */
      readonly adminKey: string;
      /** Of the bundle; there is none when the sources run. */
      readonly version?: string;
    };
  }
}

/** Starts the whole product once for a project of tests, on free ports and with a state of its own. */
export async function startProduct(project: TestProject, appDir?: string): Promise<() => Promise<void>> {
  const { stack, end } = await startTestStack({ env: hearsSoon, ...(appDir === undefined ? {} : { appDir }) });
  project.provide("product", {
    baseUrl: stack.baseUrl,
    env: stack.env,
    stateDir: stack.stateDir,
    operatorKey: readOperatorKey(stack.stateDir),
    adminKey: readAdminKey(stack.stateDir),
    ...(appDir === undefined ? {} : { version: await readVersion(appDir) }),
  });
  return end;
}

async function readVersion(appDir: string): Promise<string> {
  return (JSON.parse(await readFile(join(appDir, "package.json"), "utf8")) as { version: string }).version;
}
