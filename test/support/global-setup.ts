import type { TestProject } from "vitest/node";
import { startProduct } from "./start-product.ts";

/** The product from its source. */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return startProduct(project);
}
