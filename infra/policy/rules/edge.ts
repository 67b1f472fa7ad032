import { routes } from "../../../shared/http/routes.ts";
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

/** Of the way in: Front Door and its firewall. */
export const edge: readonly Rule[] = [
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

function categoriesOf(world: World, resource: Resource): unknown[] {
  return ofType(world, "monitor:DiagnosticSetting")
    .filter((setting) => isIdOf(valueAt(setting, "resourceUri"), resource))
    .flatMap((setting) => valuesAt(setting.inputs, "logs[*].category").map(([, category]) => category));
}
