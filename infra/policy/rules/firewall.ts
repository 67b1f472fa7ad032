import { isDeepStrictEqual } from "node:util";
import { blocked, customRules, managedRuleSets, masked } from "../../edge/firewall-rules.ts";
import { equals, fits, is } from "../conditions.ts";
import { isIdOf, ledTo, ofType, type Resource, valuesAt, type World } from "../resource.ts";
import type { Rule } from "../rule.ts";

const policy = "frontdoor:Policy";
const profile = "cdn:Profile";
const endpoint = "cdn:AFDEndpoint";
const domain = "cdn:AFDCustomDomain";
const security = "cdn:SecurityPolicy";

/** Of the firewall before Front Door, and of what stands in the logs of both. */
export const firewall: readonly Rule[] = [
  {
    ids: ["Azure.FrontDoorWAF.Enabled", "Azure.FrontDoor.WAF.Enabled", "CKV_AZURE_121"],
    type: policy,
    property: "policySettings.enabledState",
    verdict: "must",
    check: equals("Enabled"),
  },
  {
    ids: ["Azure.FrontDoorWAF.PreventionMode", "Azure.FrontDoor.WAF.Mode", "CKV_AZURE_123"],
    type: policy,
    property: "policySettings.mode",
    verdict: "must",
    check: equals("Prevention"),
  },
  {
    ids: ["Azure.FrontDoorWAF.RuleGroups"],
    type: policy,
    property: "managedRules.managedRuleSets",
    verdict: "must",
    check: is("the default rules that block, and those of bots", (value) => isDeepStrictEqual(value, managedRuleSets)),
  },
  {
    ids: ["Azure.FrontDoorWAF.Exclusions"],
    type: policy,
    property: "managedRules",
    verdict: "must",
    check: is(
      "no exclusion and no exception",
      (value) => !/"(exclusions|exceptionsList)":/i.test(JSON.stringify(value) ?? ""),
    ),
  },
  {
    ids: ["CKV_AZURE_133"],
    type: policy,
    property: "managedRules",
    verdict: "must",
    check: is(
      "no rule that is turned off",
      (value) => value !== undefined && !JSON.stringify(value).includes('"Disabled"'),
    ),
  },
  {
    ids: ["headrace.edge.only-ingest-passes"],
    type: policy,
    property: "customRules.rules",
    verdict: "must",
    check: is("a limit for events, and then their way past the managed rules; nothing else", (value) => {
      const limit = Number(valuesAt(value, "[*].rateLimitThreshold")[0]?.[1]);
      return limit >= 200 && isDeepStrictEqual(value, customRules(limit));
    }),
  },
  {
    ids: ["headrace.edge.body-inspected"],
    type: policy,
    property: "policySettings.requestBodyCheck",
    verdict: "must",
    check: equals("Enabled"),
  },
  {
    ids: ["headrace.edge.log-masked"],
    type: policy,
    property: "policySettings",
    verdict: "must",
    check: is("credentials masked in its log", (value) => {
      const [state, rules] = ["state", "scrubbingRules"].map((path) => valuesAt(value, path)[0]?.[1]);
      return state === "Enabled" && isDeepStrictEqual(rules, masked);
    }),
  },
  {
    ids: ["headrace.edge.blocked-may-come-again"],
    type: policy,
    property: "policySettings.customBlockResponseStatusCode",
    verdict: "must",
    check: equals(blocked.status),
  },
  {
    ids: ["headrace.edge.blocked-says-why"],
    type: policy,
    property: "policySettings.customBlockResponseBody",
    verdict: "must",
    check: is(
      "a body of ours",
      (value) => Buffer.from(String(value), "base64").toString() === JSON.stringify(blocked.body),
    ),
  },
  {
    ids: ["headrace.edge.premium"],
    type: policy,
    property: "sku.name",
    verdict: "must",
    check: equals("Premium_AzureFrontDoor"),
  },
  {
    ids: ["headrace.edge.premium-profile"],
    type: profile,
    property: "sku.name",
    verdict: "must",
    check: equals("Premium_AzureFrontDoor"),
  },
  {
    ids: ["headrace.edge.access-log-masked"],
    type: profile,
    property: "logScrubbing",
    verdict: "must",
    check: is("queries masked in its log", (value) => {
      const [state, names] = ["state", "scrubbingRules"].map((path) => valuesAt(value, path)[0]?.[1]);
      const rules = valuesAt(names, "[*]").map(([, rule]) => rule);
      const query = { matchVariable: "QueryStringArgNames", selectorMatchOperator: "EqualsAny", state: "Enabled" };
      return state === "Enabled" && rules.some((rule) => isDeepStrictEqual(rule, query));
    }),
  },
  {
    ids: ["Azure.FrontDoor.UseWAF"],
    type: endpoint,
    property: "",
    verdict: "must",
    check: fits("a firewall before it", isGuarded),
  },
  {
    ids: ["headrace.edge.domains-guarded"],
    type: domain,
    property: "",
    verdict: "must",
    check: fits("a firewall before it", isGuarded),
  },
  {
    ids: ["headrace.edge.firewall-of-ours"],
    type: security,
    property: "parameters.wafPolicy.id",
    verdict: "must",
    check: fits("the firewall of this stack", (id, { world }) => ledTo(world, id, policy).length > 0),
  },
  {
    ids: ["headrace.edge.firewall-everywhere"],
    type: security,
    property: "parameters.associations[*].patternsToMatch",
    verdict: "must",
    check: equals(["/*"]),
  },
  {
    ids: ["headrace.edge.firewall-kind"],
    type: security,
    property: "parameters.type",
    verdict: "must",
    check: equals("WebApplicationFirewall"),
  },
];

function isGuarded(_: unknown, { resource, world }: { readonly resource: Resource; readonly world: World }): boolean {
  return ofType(world, security).some((one) =>
    valuesAt(one.inputs, "parameters.associations[*].domains[*].id").some(([, id]) => isIdOf(id, resource)),
  );
}
