import type { Value } from "../json.ts";
import type { BinaryOperator, Expression, Query } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { syntaxError, type Token, unsupported } from "./tokenize.ts";

export type ParseQuery = (cursor: Cursor) => Query;

/** Loosest first; all are left-associative. */
const LEVELS: readonly (readonly string[])[] = [["??"], ["OR"], ["AND"]];
const COMPARISONS = ["=", "!=", "<>", "<", "<=", ">", ">="];
const ARITHMETIC: readonly (readonly string[])[] = [["||"], ["+", "-"], ["*", "/", "%"]];
const MAX_DEPTH = 200;

/** @throws {CosmosError} 400 that names the token which cannot stand where it stands */
export function parseExpression(cursor: Cursor, parseQuery: ParseQuery, depth = 0): Expression {
  if (depth > MAX_DEPTH) throw syntaxError(`${cursor.peek().text} (nested too deeply)`, cursor.peek().start);
  const nested = (): Expression => parseExpression(cursor, parseQuery, depth + 1);

  const close = <const T extends object>(start: number, node: T): T & { start: number; end: number } => ({
    ...node,
    start,
    end: cursor.lastEnd(),
  });
  const literal = (token: Token, value: Value): Expression => close(token.start, { kind: "literal", value });

  function parseConditional(): Expression {
    const test = parseLogical(0);
    if (!cursor.accept("?")) return test;
    const then = nested();
    cursor.expect(":");
    const otherwise = nested();
    return close(test.start, { kind: "conditional", test, then, otherwise });
  }

  function parseLogical(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return parseNot();
    let left = parseLogical(level + 1);
    for (let token = cursor.accept(...operators); token; token = cursor.accept(...operators)) {
      left = binary(token.word, left, parseLogical(level + 1));
    }
    return left;
  }

  function parseNot(): Expression {
    const negations: Token[] = [];
    for (let token = cursor.accept("NOT"); token; token = cursor.accept("NOT")) negations.push(token);
    return negations.reduceRight((operand, token) => negate(token.start, operand), parseComparison());
  }

  const negate = (start: number, operand: Expression): Expression =>
    close(start, { kind: "unary", operator: "NOT", operand });

  const binary = (operator: string, left: Expression, right: Expression): Expression =>
    close(left.start, {
      kind: "binary",
      operator: (operator === "<>" ? "!=" : operator) as BinaryOperator,
      left,
      right,
    });

  function parseComparison(): Expression {
    let left = parseArithmetic(0);
    for (;;) {
      const operator = cursor.accept(...COMPARISONS);
      if (operator) {
        left = binary(operator.word, left, parseArithmetic(0));
        continue;
      }
      const negated = cursor.peek().word === "NOT" && ["IN", "BETWEEN", "LIKE"].includes(cursor.peek(1).word);
      if (negated) cursor.next();
      const test = parseTest(left);
      if (!test) return left;
      left = negated ? negate(left.start, test) : test;
    }
  }

  function parseTest(value: Expression): Expression | undefined {
    if (cursor.accept("IN")) {
      cursor.expect("(");
      return close(value.start, { kind: "in", value, list: parseList(")") });
    }
    if (cursor.accept("BETWEEN")) {
      const low = parseArithmetic(0);
      cursor.expect("AND");
      const high = parseArithmetic(0);
      return close(value.start, { kind: "between", value, low, high });
    }
    if (!cursor.accept("LIKE")) return undefined;
    const pattern = parseArithmetic(0);
    if (!cursor.accept("ESCAPE")) return close(value.start, { kind: "like", value, pattern });
    const escapeWith = parseArithmetic(0);
    return close(value.start, { kind: "like", value, pattern, escapeWith });
  }

  function parseArithmetic(level: number): Expression {
    const operators = ARITHMETIC[level];
    if (!operators) return parseUnary();
    let left = parseArithmetic(level + 1);
    for (let token = cursor.accept(...operators); token; token = cursor.accept(...operators)) {
      left = binary(token.word, left, parseArithmetic(level + 1));
    }
    return left;
  }

  function parseUnary(): Expression {
    const sign = cursor.accept("-", "+");
    if (!sign) return parsePostfix(parsePrimary());
    const operand = parseUnary();
    return close(sign.start, { kind: "unary", operator: sign.word as "-" | "+", operand });
  }

  function parsePostfix(object: Expression): Expression {
    let node = object;
    for (;;) {
      if (cursor.accept(".")) {
        const token = cursor.next();
        if (token.kind !== "name") throw syntaxError(token.text, token.start);
        node = close(node.start, { kind: "member", object: node, key: literal(token, token.text) });
      } else if (cursor.accept("[")) {
        const key = nested();
        cursor.expect("]");
        node = close(node.start, { kind: "member", object: node, key });
      } else {
        return node;
      }
    }
  }

  function parsePrimary(): Expression {
    const token = cursor.next();
    switch (token.kind) {
      case "string":
        return literal(token, token.text);
      case "number":
        return literal(token, Number(token.text));
      case "parameter":
        return literal(token, cursor.parameter(token));
      case "name":
        return parseName(token);
      default:
        return parseBracketed(token);
    }
  }

  function parseName(token: Token): Expression {
    const next = cursor.peek().word;
    switch (token.word) {
      case "TRUE":
        return literal(token, true);
      case "FALSE":
        return literal(token, false);
      case "NULL":
        return literal(token, null);
      case "UNDEFINED":
        return literal(token, undefined);
      case "EXISTS":
        return parseSubquery(token, "exists");
      case "UDF":
        throw unsupported("udf", token.start);
      case "ARRAY":
        if (next === "(" && cursor.peek(1).word === "SELECT") return parseSubquery(token, "list");
    }
    if (!cursor.accept("(")) return close(token.start, { kind: "name", name: token.text });
    return close(token.start, { kind: "call", name: token.word, args: parseList(")") });
  }

  function parseSubquery(token: Token, kind: "exists" | "list"): Expression {
    cursor.expect("(");
    const query = parseQuery(cursor);
    cursor.expect(")");
    return close(token.start, { kind, query });
  }

  function parseBracketed(token: Token): Expression {
    if (token.word === "[") return close(token.start, { kind: "array", items: parseList("]") });
    if (token.word === "{") return close(token.start, { kind: "object", members: parseMembers() });
    if (token.word !== "(") throw syntaxError(token.text, token.start);
    if (cursor.peek().word === "SELECT") {
      const query = parseQuery(cursor);
      cursor.expect(")");
      return close(token.start, { kind: "subquery", query });
    }
    const inner = nested();
    cursor.expect(")");
    // The parentheses belong to the slice that query plans are written from.
    return close(token.start, { ...inner });
  }

  function parseMembers(): (readonly [string, Expression])[] {
    const members: (readonly [string, Expression])[] = [];
    if (cursor.accept("}")) return members;
    do {
      const key = cursor.next();
      if (key.kind !== "name" && key.kind !== "string") throw syntaxError(key.text, key.start);
      cursor.expect(":");
      members.push([key.text, nested()]);
    } while (cursor.accept(","));
    cursor.expect("}");
    return members;
  }

  function parseList(closing: string): Expression[] {
    const items: Expression[] = [];
    if (cursor.accept(closing)) return items;
    do items.push(nested());
    while (cursor.accept(","));
    cursor.expect(closing);
    return items;
  }

  return parseConditional();
}
