import { defineConfig } from "vitest/config";

const common = { testTimeout: 60_000, hookTimeout: 60_000, pool: "forks" } as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: "shared",
          include: [
            "test/shared/**/*.test.ts",
            "test/contracts/**/*.test.ts",
            "test/support/**/*.test.ts",
            "test/model/**/*.test.ts",
            "test/bench/**/*.test.ts",
            "test/scripts/**/*.test.ts",
            "test/docs/**/*.test.ts",
          ],
        },
      },
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
        },
      },
      {
        test: {
          ...common,
          name: "outage",
          include: ["test/outage/**/*.test.ts"],
        },
      },
      {
        test: {
          ...common,
          name: "product",
          include: ["test/product/**/*.test.ts"],
          // One pipeline for all of these files: every test has orgs of its own.
          globalSetup: ["test/support/global-setup.ts"],
        },
      },
      {
        test: {
          ...common,
          name: "bundle",
          // What the functions do, once more with what is deployed.
          include: ["test/product/ingest.test.ts", "test/product/quarantine.test.ts", "test/product/sign-in.test.ts"],
          globalSetup: ["test/support/global-setup-bundle.ts"],
        },
      },
    ],
  },
});
