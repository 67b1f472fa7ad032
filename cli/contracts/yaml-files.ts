import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { StackError } from "../../local/launcher/stack-error.ts";

/** No anchors, and no text is folded: a person reads the differences of two commits. */
export function writeYaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0, blockQuote: false });
}

/** A file of YAML 1.2, of which JSON is a part. Throws a {@link StackError} that names the file and the line. */
export function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new StackError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
