import { inject } from "vitest";
import { connectProduct } from "./connect-product.ts";

export type { Json, TestOrg } from "./connect-product.ts";
export { until } from "./until.ts";

/** The product that the project's global setup started. */
export const product = inject("product");
export const running = connectProduct(product);
export const { config, cosmos, documents, identity, request, makeOrg, withKey, readReceiptKeys } = running;
