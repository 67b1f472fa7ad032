import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, type StackOptions, startStack } from "../../local/launcher/stack.ts";
import { readOpenidSecret } from "../../local/launcher/state.ts";
import { connectProduct, type RunningProduct } from "./connect-product.ts";
import { findSecretsWritten } from "./find-secrets.ts";

export interface TestStack {
  readonly stack: Stack;
  readonly product: RunningProduct;
  /**
   * Stops it, searches everything that it wrote for secrets, and removes its state. Throws and keeps the state when
   * there is one.
   */
  end(): Promise<void>;
}

/**
 * Settings with which an instance hears of a revoked key or token and of a suspended org within 2 s.
 * test/outage/revocation.test.ts shows the 30 s of the usual ones.
 */
export const hearsSoon = { HEADRACE_CREDENTIAL_REFRESH_SECONDS: "2", HEADRACE_REVOCATION_POLL_SECONDS: "2" };

/** The whole product on free ports and with a state of its own. */
export async function startTestStack(options: Omit<StackOptions, "stateDir"> = {}): Promise<TestStack> {
  const parent = await mkdtemp(join(tmpdir(), "headrace-test-"));
  // Not there yet, as a user's: the stack makes it.
  const stateDir = join(parent, "state");
  const stack = await startStack({ stateDir, fresh: true, ...options });
  const product = connectProduct(stack);
  return {
    stack,
    product,
    end: async () => {
      product.close();
      await stack.stop();
      const found = await findSecretsWritten(stateDir, { "the OpenID client's secret": readOpenidSecret(stateDir) });
      if (found.length > 0) throw new Error(`secrets were written: ${found.join(", ")} (${stateDir})`);
      await rm(parent, { recursive: true, force: true });
    },
  };
}
