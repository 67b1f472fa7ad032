import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

export interface Mutant {
  /** What was left out. */
  readonly without: string;
  /** The module as it is then. */
  load(): Promise<unknown>;
}

/**
 * A module of the product without one member of one of the objects that its functions make: each of them once. What it
 * makes to tell of a fault, with `code` and `message`, is left.
 */
export function mutantsOf(path: string): Mutant[] {
  const text = readFileSync(path, "utf8");
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node, inFunction: boolean): void => {
    if (inFunction && ts.isObjectLiteralExpression(node) && !tellsFault(node)) {
      for (const member of node.properties) {
        const mutated = text.slice(0, member.getStart()) + text.slice(member.end).replace(/^,/, "");
        mutants.push({ without: member.getText().replaceAll(/\s+/g, " "), load: () => loadModule(path, mutated) });
      }
    }
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionDeclaration(node)));
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true), false);
  return mutants;
}

function tellsFault({ properties }: ts.ObjectLiteralExpression): boolean {
  const names = properties.map(({ name }) => name?.getText());
  return names.includes("message") || names.includes("problem");
}

/** Runs a text as if it stood in a file. */
function loadModule(path: string, text: string): Promise<unknown> {
  const base = pathToFileURL(resolve(path));
  const absolute = text.replaceAll(/from "(\.[^"]+)"/g, (_, name: string) => `from "${new URL(name, base).href}"`);
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext };
  const { outputText } = ts.transpileModule(absolute, { compilerOptions: options });
  return import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(outputText).toString("base64")}`);
}
