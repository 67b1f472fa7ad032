import { isDeepStrictEqual } from "node:util";
import { routes } from "../../../shared/http/routes.ts";
import { blocked, customRules, managedRuleSets, masked } from "../../edge/firewall-rules.ts";
import { routePatterns } from "../../edge/route-patterns.ts";
import { absent, equals, fits, is, matches, oneOf } from "../conditions.ts";
import { isIdOf, ledTo, ofType, type Resource, shares, textAt, valueAt, valuesAt, type World } from "../resource.ts";
import type { Rule } from "../rule.ts";

const policy = "frontdoor:Policy";
const profile = "cdn:Profile";
const endpoint = "cdn:AFDEndpoint";
const domain = "cdn:AFDCustomDomain";
const group = "cdn:AFDOriginGroup";
const origin = "cdn:AFDOrigin";
const route = "cdn:Route";
const security = "cdn:SecurityPolicy";

/** Of the way in: Front Door and its firewall. */
export const edge: readonly Rule[] = [
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
  {
    ids: ["Azure.FrontDoor.Logs"],
    type: profile,
    property: "",
    verdict: "no",
    check: fits("the access log and the firewall's", (_, { resource, world }) => {
      const logged = categoriesOf(world, resource);
      return logged.includes("FrontDoorAccessLog") && logged.includes("FrontDoorWebApplicationFirewallLog");
    }),
    because: "each is a row a request, and would cost more than all the rest; headrace:monitoring.logs turns them on",
  },
  {
    ids: ["Azure.FrontDoor.ManagedIdentity"],
    type: profile,
    property: "identity",
    verdict: "no",
    check: is("an identity", (value) => value !== undefined),
    because: "certificates are Azure's own, so that Front Door reads none from a vault",
  },
  {
    ids: ["Azure.FrontDoor.MinTLS", "Azure.CDN.MinTLS"],
    type: domain,
    property: "tlsSettings.minimumTlsVersion",
    verdict: "must",
    check: oneOf("TLS12", "TLS13"),
  },
  {
    ids: ["headrace.edge.managed-certificate"],
    type: domain,
    property: "tlsSettings.certificateType",
    verdict: "must",
    check: equals("ManagedCertificate"),
  },
  {
    ids: ["Azure.FrontDoor.Probe"],
    type: group,
    property: "healthProbeSettings",
    verdict: "no",
    check: is("a probe", (value) => value !== undefined),
    because:
      "a single origin gets the requests whether it answers or not, and probes of every edge would keep an instance awake",
  },
  {
    ids: ["Azure.FrontDoor.ProbePath", "Azure.FrontDoor.ProbeMethod"],
    type: group,
    property: "healthProbeSettings",
    verdict: "must",
    check: fits(
      "HEAD by HTTPS to a health path where there are several origins, else nothing",
      (value, { resource, world }) => {
        const several = originsOf(world, resource).length > 1;
        const [path, method, protocol] = ["probePath", "probeRequestType", "probeProtocol"].map((one) =>
          String(valuesAt(value, one)[0]?.[1]),
        );
        return several
          ? path === `/${routes.ready.path}` && method === "HEAD" && protocol === "Https"
          : value === undefined;
      },
    ),
  },
  {
    ids: ["Azure.FrontDoor.UseCaching"],
    type: route,
    property: "cacheConfiguration",
    verdict: "no",
    check: is("caching", (value) => value !== undefined),
    because: "answers are one org's, and no other may get them",
  },
  {
    ids: ["headrace.edge.nothing-cached"],
    type: route,
    property: "cacheConfiguration",
    verdict: "must",
    check: absent,
  },
  {
    ids: ["Azure.FrontDoor.Name"],
    type: profile,
    property: "profileName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9][A-Za-z0-9-]{0,88}[A-Za-z0-9]$/),
  },
  {
    ids: ["Azure.CDN.EndpointName"],
    type: endpoint,
    property: "endpointName",
    verdict: "must",
    check: matches(/^[A-Za-z0-9][A-Za-z0-9-]{0,44}[A-Za-z0-9]$/),
  },
  {
    ids: ["Azure.FrontDoor.WAF.Name"],
    type: policy,
    property: "policyName",
    verdict: "must",
    check: matches(/^[A-Za-z][A-Za-z0-9]{0,127}$/),
  },
  { ids: ["Azure.CDN.HTTP"], type: route, property: "supportedProtocols", verdict: "must", check: equals(["Https"]) },
  {
    ids: ["headrace.edge.no-redirect"],
    type: route,
    property: "httpsRedirect",
    verdict: "must",
    check: equals("Disabled"),
  },
  {
    ids: ["headrace.edge.own-name-too"],
    type: route,
    property: "linkToDefaultDomain",
    verdict: "must",
    check: equals("Enabled"),
  },
  {
    ids: ["headrace.edge.a-route"],
    type: endpoint,
    property: "",
    verdict: "must",
    check: fits("a route", (_, { resource, world }) =>
      ofType(world, route).some((one) => shares(one, resource, "profileName", "endpointName")),
    ),
  },
  {
    ids: ["headrace.edge.https-to-the-app"],
    type: route,
    property: "forwardingProtocol",
    verdict: "must",
    check: equals("HttpsOnly"),
  },
  {
    ids: ["headrace.edge.known-prefixes"],
    type: route,
    property: "patternsToMatch",
    verdict: "must",
    check: equals([...routePatterns]),
  },
  {
    ids: ["headrace.edge.route-to-ours"],
    type: route,
    property: "originGroup.id",
    verdict: "must",
    check: fits("a group of origins of this stack, with some in it", (id, { world }) =>
      ledTo(world, id, group).some((one) => originsOf(world, one).length > 0),
    ),
  },
  {
    ids: ["headrace.edge.route-of-all-domains"],
    type: route,
    property: "customDomains",
    verdict: "must",
    check: fits("every domain of this stack", (value, { world }) => {
      const ids = valuesAt(value, "[*].id").map(([, id]) => id);
      const domains = ofType(world, domain);
      return (
        Array.isArray(value) &&
        ids.length === domains.length &&
        domains.every((one) => ids.some((id) => isIdOf(id, one)))
      );
    }),
  },
  { ids: ["headrace.edge.no-rewriting"], type: route, property: "ruleSets", verdict: "must", check: absent },
  { ids: ["headrace.edge.no-other-path"], type: route, property: "originPath", verdict: "must", check: absent },
  {
    ids: ["headrace.edge.private-origin"],
    type: origin,
    property: "sharedPrivateLinkResource",
    verdict: "must",
    check: fits("a private link to the app", (value, { world }) => {
      const [id, kind] = ["privateLink.id", "groupId"].map((path) => valuesAt(value, path)[0]?.[1]);
      return kind === "sites" && ledTo(world, id, "web:WebApp").length > 0;
    }),
  },
  {
    ids: ["headrace.edge.own-message"],
    type: origin,
    property: "sharedPrivateLinkResource.requestMessage",
    verdict: "must",
    check: fits("a message of this stack and of this origin, 140 letters at most", (value, { resource, world }) => {
      const same = ofType(world, origin).filter(
        (one) => valueAt(one, "sharedPrivateLinkResource.requestMessage") === value,
      );
      const text = String(value);
      const location = textAt(resource, "sharedPrivateLinkResource.privateLinkLocation");
      return (
        same.length === 1 && text.length <= 140 && text.includes(`-${world.stack}-`) && text.endsWith(` by ${location}`)
      );
    }),
  },
  {
    ids: ["headrace.edge.certificate-checked"],
    type: origin,
    property: "enforceCertificateNameCheck",
    verdict: "must",
    check: equals(true),
  },
  ...["hostName", "originHostHeader"].map(
    (property): Rule => ({
      ids: [`headrace.edge.origin-${property}`],
      type: origin,
      property,
      verdict: "must",
      check: fits("the app's host name", (value, { world }) =>
        ofType(world, "web:WebApp").some((one) => value === `${textAt(one, "name")}.azurewebsites.net`),
      ),
    }),
  ),
  {
    ids: ["headrace.edge.no-affinity"],
    type: group,
    property: "sessionAffinityState",
    verdict: "must",
    check: equals("Disabled"),
  },
  {
    ids: ["headrace.edge.all-origins-used"],
    type: group,
    property: "loadBalancingSettings.additionalLatencyInMilliseconds",
    verdict: "must",
    check: fits("more than 0 where there are several origins", (value, { resource, world }) =>
      originsOf(world, resource).length > 1 ? Number(value) >= 500 : value !== undefined,
    ),
  },
  {
    ids: ["headrace.edge.name-not-taken-over"],
    type: endpoint,
    property: "autoGeneratedDomainNameLabelScope",
    verdict: "must",
    check: oneOf("TenantReuse", "SubscriptionReuse", "ResourceGroupReuse", "NoReuse"),
  },
  {
    ids: ["headrace.edge.timeout"],
    type: profile,
    property: "originResponseTimeoutSeconds",
    verdict: "must",
    check: equals(60),
  },
  ...["cdn:RuleSet", "cdn:Rule", "cdn:AFDTargetGroup", "frontdoor:FrontDoor"].map(
    (type): Rule => ({
      ids: [`headrace.edge.no-other-way:${type}`],
      type,
      property: "",
      verdict: "n/a",
      because: "routes name what they let through, and nothing rewrites it",
    }),
  ),
];

function originsOf(world: World, groupOfThem: Resource): readonly Resource[] {
  return ofType(world, origin).filter((one) => shares(one, groupOfThem, "profileName", "originGroupName"));
}

function isGuarded(_: unknown, { resource, world }: { readonly resource: Resource; readonly world: World }): boolean {
  return ofType(world, security).some((one) =>
    valuesAt(one.inputs, "parameters.associations[*].domains[*].id").some(([, id]) => isIdOf(id, resource)),
  );
}

function categoriesOf(world: World, resource: Resource): unknown[] {
  return ofType(world, "monitor:DiagnosticSetting")
    .filter((setting) => isIdOf(valueAt(setting, "resourceUri"), resource))
    .flatMap((setting) => valuesAt(setting.inputs, "logs[*].category").map(([, category]) => category));
}
