import { readFileSync } from "node:fs";
import { expect, onTestFinished } from "vitest";
import { backgroundFunctions } from "../../functions/triggers.ts";
import type { IdentityFault } from "../../local/emulators/managed-identity/faults.ts";
import { logFileOf } from "../../local/launcher/logs.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import { readOperatorKey } from "../../local/launcher/state.ts";
import type { Answer, RunningProduct, TestOrg } from "./connect-product.ts";
import { startTestStack } from "./start-test-stack.ts";
import { until } from "./until.ts";

/**
 * Settings of an instance that serves HTTP only, as on Flex Consumption, where every other function has instances of
 * its own. So what recovers is the product in its process, and not a host that was started again.
 */
const httpOnly: Readonly<Record<string, string>> = Object.fromEntries(
  backgroundFunctions.map((name) => [`AzureWebJobs__${name}__Disabled`, "true"]),
);

export const HOUR_MS = 3_600_000;
/** No token outlives it. */
export const LIFETIME_MS = 25 * HOUR_MS;

/** An instance that reaches everything with the managed identity, whose every answer can be made a bad one. */
export async function startWithIdentity() {
  const { stack, product, end } = await startTestStack({ access: "managed-identity", clock: true, env: httpOnly });
  return {
    stack,
    product,
    end,
    services: watchServices(stack, product, await product.makeOrg()),
    setFault: (fault?: IdentityFault): void =>
      stack.setFaults("managed-identity", fault === undefined ? {} : { [fault]: 1 }),
    countOf: (fault: IdentityFault): number => stack.faultCounts()[`managed-identity ${fault}`] ?? 0,
    readLog: (): string => readFileSync(logFileOf(stack.stateDir, "functions-host"), "utf8"),
  };
}

export type WithIdentity = Awaited<ReturnType<typeof startWithIdentity>>;

/** Lets the endpoint answer so when every token has ended, until the services say so, and then well again. */
export async function showTruth(world: WithIdentity, fault: IdentityFault, said: string): Promise<void> {
  const { stack, services, setFault, readLog } = world;
  await services.allWork();
  const before = readLog().length;
  onTestFinished(() => setFault());
  setFault(fault);
  await stack.clock?.advance(LIFETIME_MS);
  await services.allFail(["blobs", "cosmos-db", "queues"]);
  expect(readLog().slice(before)).toContain(said);
  setFault();
  await services.allWork();
}

/** What a caller sees of the services behind the product. */
export interface ServiceWatch {
  /** Uses all of them now. Gives those that do not work, each with what it answered: `send: 503 unavailable`. */
  findFailing(): Promise<string[]>;
  /** Waits until at least these fail. An answer of readiness is shared for a second. */
  allFail(names: readonly string[]): Promise<void>;
  /** Waits until all of them work. */
  allWork(ms?: number): Promise<void>;
}

export function watchServices(
  { stateDir }: Pick<Stack, "stateDir">,
  { request }: RunningProduct,
  org: TestOrg,
): ServiceWatch {
  const uses = usesOf(stateDir, request, org);
  const findFailing = async (): Promise<string[]> => {
    const [ready, ...used] = await Promise.all([
      request("/api/health/ready"),
      ...uses.map(async ([name, wanted, use]) => {
        const { status, body } = await use();
        return status === wanted ? [] : [`${name}: ${status} ${body.code}`];
      }),
    ]);
    const checks = ready.body.checks as { name: string; ok: boolean }[];
    return [...checks.filter(({ ok }) => !ok).map(({ name }) => `${name}: not ready`), ...used.flat()].sort();
  };
  return {
    findFailing,
    allFail: async (names) => {
      await until(async () => {
        const failing = await findFailing();
        return names.every((name) => failing.some((one) => one.startsWith(`${name}:`))) ? true : undefined;
      });
    },
    allWork: async (ms = 60_000) => {
      let failing: readonly string[] = [];
      await until(async () => {
        // While a host that shut itself down starts again, nobody answers.
        failing = await findFailing().catch((error: unknown) => [String(error)]);
        return failing.length === 0 ? true : undefined;
      }, ms).catch(() => {
        throw new Error(`after ${ms} ms these do not work: ${failing.join(", ")}`);
      });
    },
  };
}

/** What needs each of the services, with the status of its answer when all is well. */
function usesOf(stateDir: string, request: RunningProduct["request"], org: TestOrg) {
  /** More than an envelope carries: it goes through a blob. */
  const large = { event_type: "large", properties: { noise: makeNoise() } };
  const rotate = (): Promise<Answer> => {
    const headers = { authorization: `Bearer ${readOperatorKey(stateDir)}` };
    const body = JSON.stringify({ secret: "receipt-key" });
    return request("/api/v1/operator/rotate", { method: "POST", headers, body });
  };
  return [
    ["send", 202, () => org.post({ event_type: "small" })],
    ["blob", 202, () => org.post([large, large, large])],
    ["query", 200, () => org.get("/api/v1/events")],
    // A new version in Key Vault, under a lease of a blob.
    ["rotate", 200, rotate],
  ] as const;
}

/** 200 KB that do not compress. */
function makeNoise(): string {
  return Array.from({ length: 18_000 }, () => Math.random().toString(36).slice(2)).join("");
}
