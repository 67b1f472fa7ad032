import { isObject } from "./engine/values.ts";

type Config = Readonly<Record<string, string>>;

/** A configuration with some values replaced, inside objects too: `headrace:eventHubs.partitions`. */
export function override(config: Config, settings: ReadonlyMap<string, string>): Config {
  const result: Record<string, string> = { ...config };
  for (const [path, value] of settings) {
    const [key = "", ...inside] = path.split(".");
    result[key] =
      inside.length === 0 ? value : JSON.stringify(replaceIn(parse(result[key] ?? "{}"), inside, parse(value)));
  }
  return result;
}

function replaceIn(container: unknown, [name = "", ...inside]: readonly string[], value: unknown): unknown {
  const object = isObject(container) ? container : {};
  return { ...object, [name]: inside.length === 0 ? value : replaceIn(object[name], inside, value) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
