import type { CustomRule, MatchCondition } from "./firewall-rules.ts";

export interface EdgeRequest {
  readonly method: string;
  /** The whole address. */
  readonly url: string;
  /** How many came from this address in the rule's window, with this one. */
  readonly count?: number;
}

export interface Verdict {
  /** `inspected`: by the managed rules. What these find only Azure knows. */
  readonly answer: "passed" | "blocked" | "inspected";
  /** The custom rule that ended it. */
  readonly by?: string;
}

/** What the custom rules make of a request, in the order in which Azure evaluates them. */
export function inspect(rules: readonly CustomRule[], request: EdgeRequest): Verdict {
  for (const rule of [...rules].sort((one, other) => one.priority - other.priority)) {
    if (!rule.matchConditions.every((condition) => matches(condition, request))) continue;
    if (rule.ruleType === "RateLimitRule" && (request.count ?? 1) <= (rule.rateLimitThreshold ?? 0)) continue;
    return { answer: rule.action === "Block" ? "blocked" : "passed", by: rule.name };
  }
  return { answer: "inspected" };
}

function matches(
  { matchVariable, operator, matchValue, negateCondition }: MatchCondition,
  request: EdgeRequest,
): boolean {
  const value = matchVariable === "RequestMethod" ? request.method : request.url;
  const isOne = matchValue.some((wanted) => (operator === "RegEx" ? new RegExp(wanted).test(value) : wanted === value));
  return isOne !== negateCondition;
}

/** The firewall looks at so much of a body (articles/frontdoor/front-door-limits, 2021). */
export const INSPECTED_BYTES = 128 * 1024;

export type Sign = "SQL" | "HTML";

/**
 * What text has that attacks have too. They are not Azure's rules, which nobody can run here: only that such text is
 * ordinary. Its rules of the same names are 99031002 "SQL comment sequence detected" and 941320 "HTML tag handler".
 */
const signs: Readonly<Record<Sign, RegExp>> = {
  SQL: /\/\*|--\s|['"];|\b(or|and)\b\s+['\d]\S*\s*=|\b(union|insert|delete|drop)\b.*\b(select|into|from|table)\b/i,
  HTML: /<\/?[a-z][^<>]*>|<!--/i,
};

/** Those of the signs that some text in it has, however deep. */
export function signsIn(value: unknown): Sign[] {
  const texts = textsIn(value);
  return (Object.keys(signs) as Sign[]).filter((sign) => texts.some((text) => signs[sign].test(text)));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
