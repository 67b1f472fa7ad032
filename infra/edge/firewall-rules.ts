/**
 * What the firewall does with a request, as plain values. The custom rules are evaluated by priority, before the
 * managed ones; every action but Log ends it
 * (learn.microsoft.com/azure/web-application-firewall/afds/waf-front-door-custom-rules, 2026-02).
 */
import { ingestPaths } from "./route-patterns.ts";

export interface MatchCondition {
  readonly matchVariable: "RequestMethod" | "RequestUri";
  readonly operator: "Equal" | "RegEx";
  readonly negateCondition: boolean;
  readonly matchValue: string[];
}

export interface CustomRule {
  readonly name: string;
  readonly priority: number;
  readonly enabledState: "Enabled";
  readonly ruleType: "MatchRule" | "RateLimitRule";
  readonly rateLimitDurationInMinutes?: number;
  readonly rateLimitThreshold?: number;
  readonly groupBy?: { readonly variableName: "SocketAddr" }[];
  readonly matchConditions: MatchCondition[];
  readonly action: "Allow" | "Block";
}

/**
 * Whether the firewall's `RequestUri` is the whole address or begins with the path is not written anywhere, so both
 * fit; its log shows the whole, with the port. Nothing else of a path fits: what is allowed here is not inspected. No
 * groups that capture, which it does not take.
 */
function uriOf(path: string): string {
  const parts = path.split(/\{\w+\}/).map((part) => part.replaceAll(/[.+*?^$()[\]{}|\\]/g, "\\$&"));
  return `^(?:https?://[^/?#]+)?${parts.join("[A-Za-z]+")}/?(?:\\?.*)?$`;
}

/** POST to one of the paths that take events. */
function toIngest(paths: readonly string[]): MatchCondition[] {
  return [
    { matchVariable: "RequestMethod", operator: "Equal", negateCondition: false, matchValue: ["POST"] },
    { matchVariable: "RequestUri", operator: "RegEx", negateCondition: false, matchValue: paths.map(uriOf) },
  ];
}

/**
 * Events are what people write: they look like SQL and HTML (`npm run bench:firewall`), and of a batch only the first
 * 128 KB would be looked at. Whoever sends too many from one address is stopped first; what is let through then is
 * the app's to judge, which parses it and never runs it.
 */
export function customRules(ingestPerMinute: number, paths: readonly string[] = ingestPaths): CustomRule[] {
  return [
    {
      name: "LimitIngest",
      priority: 100,
      enabledState: "Enabled",
      ruleType: "RateLimitRule",
      rateLimitDurationInMinutes: 1,
      rateLimitThreshold: ingestPerMinute,
      // The address of the connection, which a client cannot choose; a company's way out is one.
      groupBy: [{ variableName: "SocketAddr" }],
      matchConditions: toIngest(paths),
      action: "Block",
    },
    {
      name: "AllowIngest",
      priority: 200,
      enabledState: "Enabled",
      ruleType: "MatchRule",
      matchConditions: toIngest(paths),
      action: "Allow",
    },
  ];
}

/**
 * Programs call this API, so to be one is not suspicious. This is the rules' default too; the next version's may be
 * another.
 */
const unknownBots = ["100", "200", "300", "400", "500", "600", "700"].map((part) => ({
  ruleId: `Bot300${part}`,
  enabledState: "Enabled" as const,
  action: "Log" as const,
}));

/** No exclusion and no rule turned off. DRS 2.2 is out: first it has to be tried. */
export const managedRuleSets = [
  { ruleSetType: "Microsoft_DefaultRuleSet", ruleSetVersion: "2.1", ruleSetAction: "Block" },
  {
    ruleSetType: "Microsoft_BotManagerRuleSet",
    ruleSetVersion: "1.1",
    ruleGroupOverrides: [{ ruleGroupName: "UnknownBots", rules: unknownBots }],
  },
];

/**
 * The answer to whatever is blocked; there is one for the whole policy. 403 is final for an SDK, which would drop its
 * events. The firewall writes the reference of its log into the body (waf-front-door-configure-custom-response-code,
 * 2025-05).
 */
export const blocked = {
  status: 429,
  body: {
    type: "urn:headrace:error:refused_at_the_edge",
    title: "Refused before it reached Headrace",
    status: 429,
    code: "refused_at_the_edge",
    detail: "Too many requests came from this address, or the firewall holds this one for an attack.",
    fix: "Send it again after a minute. If it is refused again, give the operator the request id.",
    request_id: "{{azure-ref}}",
  },
} as const;

/**
 * The firewall's log has what matched in plain text: credentials, and a sign-in's `code` and `state`. So all of it is
 * masked, and the address with its query, but not whose request it was.
 */
export const masked = [
  "QueryStringArgNames",
  "RequestUri",
  "RequestHeaderNames",
  "RequestCookieNames",
  "RequestBodyPostArgNames",
  "RequestBodyJsonArgNames",
].map((matchVariable) => ({ matchVariable, selectorMatchOperator: "EqualsAny", state: "Enabled" }));
