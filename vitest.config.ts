import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { longTests } from "./scripts/long-tests.ts";

/** What takes minutes, the longest first: begun last, it would run alone while the other worker has nothing left. */
const longest = [
  "bench.long",
  "outage/outage",
  "sdk-durability.long",
  "outage/hour",
  "outage/two-versions",
  "cli/start",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return found === -1 ? longest.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

const common = {
  // Longer than a test waits for anything (test/support/until.ts): it then says for what.
  testTimeout: 240_000,
  hookTimeout: 240_000,
  pool: "forks",
  exclude: longTests,
  // Every answer of the product that a test gets is checked against the contract.
  setupFiles: "test/support/check-answers.ts",
  // What a test starts is a process of its own. It need not compile again what another one has.
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/headrace") },
} as const;

/** They count the timers of their process, which is theirs alone. */
const alone = ["test/shared/runtime/refreshed.test.ts", "test/shared/operator/version-use.test.ts"];

export default defineConfig({
  test: {
    // More than there may be processors: what a test waits for is most of its time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...common,
          name: "shared",
          // What a file imports, the next one in the same process need not load and compile again.
          isolate: false,
          exclude: [...longTests, ...alone],
          include: [
            "test/shared/**/*.test.ts",
            "test/contracts/**/*.test.ts",
            "test/support/**/*.test.ts",
            "test/model/**/*.test.ts",
            "test/bench/**/*.test.ts",
            "test/scripts/**/*.test.ts",
            "test/docs/**/*.test.ts",
            "test/sdk/**/*.test.ts",
          ],
        },
      },
      { test: { ...common, name: "alone", include: alone } },
      {
        test: {
          ...common,
          name: "local",
          include: ["test/emulators/**/*.test.ts", "test/launcher/**/*.test.ts", "test/cli/**/*.test.ts"],
        },
      },
      {
        test: {
          ...common,
          name: "infra",
          include: ["test/infra/**/*.test.ts"],
          // Installs the packages of infra/ where they are missing, and runs both stacks once for all of these files.
          globalSetup: ["test/infra/support/global-setup.ts"],
        },
      },
      {
        test: {
          ...common,
          name: "product",
          isolate: false,
          include: ["test/product/**/*.test.ts"],
          // One stack for all of these files: every test has orgs of its own.
          globalSetup: ["test/support/global-setup.ts"],
        },
      },
      {
        test: {
          ...common,
          name: "bundle",
          isolate: false,
          // What the functions do, once more with what is deployed.
          include: ["headers", "ingest", "quarantine", "sign-in"].map((name) => `test/product/${name}.test.ts`),
          globalSetup: ["test/support/global-setup-bundle.ts"],
        },
      },
      // `npm run test:long`: each of these starts what it needs.
      { test: { ...common, name: "long", include: longTests, exclude: [] } },
    ],
  },
});
