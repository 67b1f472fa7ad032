import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { writeAzurePage } from "../../../infra/plan/pages/azure-page.ts";
import { everyAssumption, everyMeter, everyPrice } from "../../../infra/plan/pages/cost-page.ts";
import { readCostInputs } from "../../../infra/plan/pages/write-pages.ts";
import { readRuns } from "../support/runs.ts";

const { dev, prod } = readRuns();

describe("pages that come from the program (npm run infra:pages)", () => {
  it("docs/azure.md is what both stacks register, and what their settings and roles are", async () => {
    expect(await readFile("docs/azure.md", "utf8")).toBe(writeAzurePage(dev.update, prod.update));
  });

  it("docs/cost.md has every meter of prod, every price and every assumption", async () => {
    const page = await readFile("docs/cost.md", "utf8");
    const inputs = await readCostInputs();
    for (const part of [everyMeter(prod.update, inputs), everyPrice(inputs), everyAssumption()])
      expect(page).toContain(part);
  });
});
