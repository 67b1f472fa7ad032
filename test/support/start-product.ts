import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { readOpenidSecret, readOperatorKey } from "../../local/pipeline/state.ts";
import { startPipeline } from "../../local/pipeline.ts";
import { findSecretsWritten } from "./find-secrets.ts";

declare module "vitest" {
  interface ProvidedContext {
    product: { readonly baseUrl: string; readonly env: Readonly<Record<string, string>>; readonly operatorKey: string };
  }
}

/** Starts the whole product once for a project of tests, on free ports and with a state of its own. */
export async function startProduct(project: TestProject, appDir?: string): Promise<() => Promise<void>> {
  const stateDir = await mkdtemp(join(tmpdir(), "headrace-test-"));
  const pipeline = await startPipeline({ stateDir, fresh: true, ...(appDir === undefined ? undefined : { appDir }) });
  project.provide("product", { baseUrl: pipeline.baseUrl, env: pipeline.env, operatorKey: readOperatorKey(stateDir) });
  return async () => {
    await pipeline.stop();
    // After the whole suite, with all its attacks and failures: nothing that any service wrote has a secret in it.
    const found = await findSecretsWritten(stateDir, { "the OpenID client's secret": readOpenidSecret(stateDir) });
    if (found.length > 0) throw new Error(`secrets were written: ${found.join(", ")} (${stateDir})`);
    await rm(stateDir, { recursive: true, force: true });
  };
}
