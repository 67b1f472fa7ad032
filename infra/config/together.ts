import { checkApp } from "./check-app.ts";
import { checkCapacity } from "./check-capacity.ts";
import { checkNetwork } from "./check-network.ts";
import { checkRegion } from "./check-region.ts";
import { findWrongNames } from "./names.ts";
import type { Problem } from "./problem.ts";
import type { Settings } from "./schema.ts";

/** What only shows when several settings are seen together. */
export function checkTogether(settings: Settings): Problem[] {
  return [
    ...findWrongNames(settings).map((message) => ({ key: "headrace:name", message })),
    ...checkTags(settings),
    ...checkRegion(settings),
    ...checkNetwork(settings),
    ...checkCapacity(settings),
    ...checkApp(settings),
  ];
}

/** Azure's DNS zones and Front Door take 15 tags. */
const TAGS = 12;
const own = ["app", "stack", "managed-by"];

function checkTags({ tags }: Settings): Problem[] {
  const key = "headrace:tags";
  const wrong = Object.entries(tags).flatMap(([name, value]) => {
    if (own.includes(name.toLowerCase())) return [{ key, message: `the program sets ${name} itself: take it out` }];
    if (/^[^<>%&\\?/]{1,128}$/.test(name) && value.length <= 256) return [];
    return [{ key, message: `${name}: write a name of up to 128 letters without <>%&\\?/, and a value of up to 256` }];
  });
  const many = Object.keys(tags).length > TAGS ? [{ key, message: `write ${TAGS} tags at most` }] : [];
  return [...wrong, ...many];
}
