import type { TypedData } from "../../core-types.ts";

export interface BindingSources {
  /** As they reach the host, in the spelling of the sender. */
  readonly headers: Readonly<Record<string, string>>;
  /** Without its question mark. */
  readonly query: string;
  readonly params: Readonly<Record<string, string>>;
  /** Only of a body with a length: the trigger reads no other. */
  readonly body: Buffer | undefined;
}

/** A dictionary of .NET that ignores case: who writes a name again changes its value, and not how it is spelled. */
class IgnoreCase<T> {
  readonly #entries = new Map<string, { readonly name: string; value: T }>();

  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase());
  }

  set(name: string, value: T): void {
    const known = this.#entries.get(name.toLowerCase());
    if (known) known.value = value;
    else this.#entries.set(name.toLowerCase(), { name, value });
  }

  toObject(): Record<string, T> {
    const object: Record<string, T> = Object.create(null);
    for (const { name, value } of this.#entries.values()) object[name] = value;
    return object;
  }
}

/**
 * What an HTTP trigger tells of a request beside the request itself, and the host sends to the worker as
 * `triggerMetadata`: fields of a JSON body, parameters of the query and those of the route, all under their own names
 * in one dictionary, the later winning. `Query` and `Headers` come last, and only where no such name is taken
 * (azure-webjobs-sdk-extensions `HttpTriggerAttributeBindingProvider.GetRequestBindingData`).
 */
export function bindingDataOf({ headers, query, params, body }: BindingSources): Record<string, TypedData> {
  const data = new IgnoreCase<TypedData>();
  for (const [name, value] of fieldsOf(body)) data.set(name, toTypedData(value));
  const parameters = new IgnoreCase<string>();
  for (const [name, value] of new URLSearchParams(query)) parameters.set(name, value);
  const plain = parameters.toObject();
  for (const name in plain) if (name.toLowerCase() !== "code") data.set(name, { string: plain[name] ?? "" });
  for (const name in params) data.set(name, { string: params[name] ?? "" });
  if (!data.has("Query")) data.set("Query", { json: JSON.stringify(plain) });
  if (!data.has("Headers")) data.set("Headers", { json: JSON.stringify(headers) });
  return data.toObject();
}

/** Of a JSON object; nothing of anything else, which is no error. */
function fieldsOf(body: Buffer | undefined): [string, unknown][] {
  const text = body?.toString("utf8").trim() ?? "";
  if (!text.startsWith("{") || !text.endsWith("}")) return [];
  try {
    return Object.entries(JSON.parse(text)).filter(([, value]) => value !== null);
  } catch {
    return [];
  }
}

function toTypedData(value: unknown): TypedData {
  return typeof value === "object" ? { json: JSON.stringify(value) } : { string: String(value) };
}
