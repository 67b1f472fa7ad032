import { isJsonObject, type JsonObject } from "../../event/event.ts";
import { entriesOf } from "./compile-objects.ts";
import { type Check, fail, Seen } from "./run.ts";

type CheckOf = (...path: (string | number)[]) => Check;

/** The schemas that are applied to the value itself. */
export function compileLogic(node: JsonObject, checkOf: CheckOf): Check[] {
  const each = (name: string): Check[] => {
    const list = node[name];
    return Array.isArray(list) ? list.map((_, i) => checkOf(name, i)) : [];
  };
  return [
    ...("$ref" in node ? [checkOf("$ref")] : []),
    ...each("allOf"),
    ...("anyOf" in node ? [compileAny(each("anyOf"))] : []),
    ...("oneOf" in node ? [compileOne(each("oneOf"))] : []),
    ...("not" in node ? [compileNot(checkOf("not"))] : []),
    ...("if" in node ? [compileIf(node, checkOf)] : []),
    ...entriesOf(node.dependentSchemas).map(([name]) => compileDependent(name, checkOf("dependentSchemas", name))),
  ];
}

/** With what it has seen for itself, since a schema that does not fit has seen nothing. */
function attempt(check: Check, ...[value, run, seen]: Parameters<Check>): boolean {
  if (!seen) return check(value, run);
  const own = new Seen();
  const fits = check(value, run, own);
  if (fits) seen.add(own);
  return fits;
}

function compileAny(checks: readonly Check[]): Check {
  return (value, run, seen) => {
    let fits = false;
    for (const check of checks) {
      if (!attempt(check, value, run, seen)) continue;
      if (!seen) return true;
      fits = true;
    }
    return fits || fail(run, value, `what fits one of the ${checks.length} schemas of \`anyOf\``);
  };
}

function compileOne(checks: readonly Check[]): Check {
  return (value, run, seen) => {
    let count = 0;
    for (const check of checks) if (attempt(check, value, run, seen) && ++count > 1) break;
    return count === 1 || fail(run, value, `what fits exactly one of the ${checks.length} schemas of \`oneOf\``);
  };
}

function compileNot(check: Check): Check {
  return (value, run) => !check(value, run) || fail(run, value, "what does not fit the schema of `not`");
}

function compileIf(node: JsonObject, checkOf: CheckOf): Check {
  const when = checkOf("if");
  const then = "then" in node ? checkOf("then") : undefined;
  const otherwise = "else" in node ? checkOf("else") : undefined;
  return (value, run, seen) => {
    const next = attempt(when, value, run, seen) ? then : otherwise;
    return next === undefined || next(value, run, seen);
  };
}

function compileDependent(name: string, check: Check): Check {
  return (value, run, seen) => !isJsonObject(value) || !Object.hasOwn(value, name) || check(value, run, seen);
}
