import type { Value } from "../json.ts";

/** Where a node stands in the query text: `[start, end)`. Query plans are rewritten from these slices. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type BinaryOperator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "||"
  | "AND"
  | "OR"
  | "??";

export type Expression = Span &
  (
    | { readonly kind: "literal"; readonly value: Value }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "member"; readonly object: Expression; readonly key: Expression }
    | { readonly kind: "unary"; readonly operator: "NOT" | "-" | "+"; readonly operand: Expression }
    | {
        readonly kind: "binary";
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: "between"; readonly value: Expression; readonly low: Expression; readonly high: Expression }
    | { readonly kind: "in"; readonly value: Expression; readonly list: readonly Expression[] }
    | {
        readonly kind: "like";
        readonly value: Expression;
        readonly pattern: Expression;
        readonly escapeWith?: Expression;
      }
    | {
        readonly kind: "conditional";
        readonly test: Expression;
        readonly then: Expression;
        readonly otherwise: Expression;
      }
    | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
    | { readonly kind: "array"; readonly items: readonly Expression[] }
    | { readonly kind: "object"; readonly members: readonly (readonly [string, Expression])[] }
    | { readonly kind: "exists" | "list" | "subquery"; readonly query: Query }
  );

export interface SelectItem {
  readonly expression: Expression;
  readonly alias?: string;
}

export type Selection =
  | { readonly kind: "star" }
  | { readonly kind: "value"; readonly expression: Expression }
  | { readonly kind: "items"; readonly items: readonly SelectItem[] };

/** One input of FROM: the documents themselves, the elements of an array, or the rows of a subquery. */
export type Source =
  | { readonly kind: "root"; readonly name: string; readonly alias: string; readonly path: readonly string[] }
  | { readonly kind: "elements"; readonly alias: string; readonly array: Expression }
  | { readonly kind: "rows"; readonly alias: string; readonly query: Query };

export interface OrderItem {
  readonly expression: Expression;
  readonly descending: boolean;
}

export interface Query {
  readonly distinct: boolean;
  readonly top?: number;
  readonly selection: Selection;
  /** Empty only in a subquery without FROM. */
  readonly sources: readonly Source[];
  /** The names that stand for the whole document besides the alias: `c` in `FROM x IN c.items`. */
  readonly rootName?: string;
  readonly where?: Expression;
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly offset?: number;
  readonly limit?: number;
  /** The slices of the query text that its plan is written from. */
  readonly span: { readonly selection: Span; readonly from: Span };
}
