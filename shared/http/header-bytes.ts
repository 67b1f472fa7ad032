import { createRequire } from "node:module";

/**
 * The parts used here of what the worker answers to `require("@azure/functions-core")`; the package is in no registry
 * and publishes no types (azure-functions-nodejs-worker, `src/coreApi`).
 */
interface CoreApi {
  getProgrammingModel(): ProgrammingModel | undefined;
}

interface ProgrammingModel {
  getInvocationModel(core: CoreInvocation): unknown;
}

interface CoreInvocation {
  readonly request: { readonly inputData?: readonly { readonly data?: { readonly http?: HttpData | null } | null }[] };
}

interface HttpData {
  readonly nullableHeaders?: Readonly<Record<string, { value?: string | null }>> | null;
  readonly headers?: Record<string, string> | null;
}

/**
 * Gives header text to the library as bytes, a character each, as HTTP has it and Node's own servers do.
 *
 * The host decodes headers as UTF-8, and the library hands them to `new Request(…)`, which throws at a character beyond
 * Latin-1: before any hook or handler, so that the answer is a 500 without a body. A cookie of another app on the same
 * domain is enough (docs/adr/0029). Called once, when all functions are registered. Outside a worker it does nothing.
 */
export function keepHeaderBytes(): void {
  const model = loadCoreApi()?.getProgrammingModel();
  if (!model) return;
  const { getInvocationModel } = model;
  model.getInvocationModel = (core) => {
    for (const { data } of core.request.inputData ?? []) if (data?.http) toBytes(data.http);
    return getInvocationModel.call(model, core);
  };
}

function loadCoreApi(): CoreApi | undefined {
  try {
    return createRequire(import.meta.url)("@azure/functions-core") as CoreApi;
  } catch {
    return undefined;
  }
}

/** In place: the request is the invocation's own. */
function toBytes({ nullableHeaders, headers }: HttpData): void {
  for (const name in nullableHeaders) {
    const header = nullableHeaders[name];
    if (header?.value && isBeyondAscii(header.value)) header.value = bytesOf(header.value);
  }
  for (const name in headers) {
    const value = headers[name];
    if (value && isBeyondAscii(value)) headers[name] = bytesOf(value);
  }
}

function isBeyondAscii(text: string): boolean {
  return BEYOND_ASCII.test(text);
}

function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

const BEYOND_ASCII = /[\u0080-\uffff]/;
