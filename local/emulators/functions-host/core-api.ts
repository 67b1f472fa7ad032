import Module from "node:module";
import type {
  CoreApi,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from "./core-types.ts";
import { HostError } from "./host-error.ts";

const HOOK_NAMES: ReadonlySet<string> = new Set(["preInvocation", "postInvocation", "appStart", "appTerminate", "log"]);

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

export interface Registrations {
  readonly functions: RegisteredFunction[];
  readonly hooks: ReadonlyMap<HookName, HookCallback[]>;
  readonly model: ProgrammingModel;
  /** Where the library takes HTTP requests when the app streams them: `app.setup({ enableHttpStream: true })`. */
  readonly httpUri: string | undefined;
}

interface OpenRegistrations {
  readonly functions: Map<string, RegisteredFunction>;
  readonly hooks: Map<HookName, HookCallback[]>;
  model: ProgrammingModel | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

class Registration implements Disposable {
  readonly #undo: () => void;
  constructor(undo: () => void) {
    this.#undo = undo;
  }
  dispose(): void {
    this.#undo();
  }
  [Symbol.dispose](): void {
    this.#undo();
  }
}

/** The library keeps the API for the life of the process, so there is one API and it points at the app being loaded. */
let open: OpenRegistrations | undefined;
/** The library announces its model only with its first function, which may have been another app's. */
let lastModel: ProgrammingModel | undefined;
let installed = false;

function systemError(error: Error): Error {
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}

function requireOpen(what: string): OpenRegistrations {
  if (!open) throw systemError(new Error(`A ${what} can only be registered during app startup.`));
  return open;
}

function registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Registration {
  const { functions } = requireOpen("function");
  if (functions.has(metadata.name.toLowerCase())) {
    throw systemError(new Error(`A function with name "${metadata.name}" has already been registered.`));
  }
  functions.set(metadata.name.toLowerCase(), { metadata, callback });
  return new Registration(() => functions.delete(metadata.name.toLowerCase()));
}

function isHookName(name: string): name is HookName {
  return HOOK_NAMES.has(name);
}

function registerHook(name: string, callback: HookCallback): Registration {
  if (!isHookName(name)) throw systemError(new RangeError(`Unrecognized hook "${name}"`));
  const { hooks } = requireOpen("hook");
  const callbacks = hooks.get(name) ?? [];
  hooks.set(name, callbacks);
  callbacks.push(callback);
  return new Registration(() => {
    const at = callbacks.indexOf(callback);
    if (at >= 0) callbacks.splice(at, 1);
  });
}

const coreApi: CoreApi = {
  version: "3.9.1",
  hostVersion: "4.1037.0",
  registerFunction,
  registerHook,
  setProgrammingModel: (model) => {
    lastModel = model;
    if (open) open.model = model;
  },
  getProgrammingModel: () => open?.model ?? lastModel,
  log: (level, category, message) => open?.log(level, category, message),
  Disposable: Registration,
};

interface ModuleLoader {
  _load(request: string, ...rest: unknown[]): unknown;
}

/**
 * Answers `require("@azure/functions-core")`, which is in no registry. TypeScript source, ESM bundles (by their
 * `createRequire` banner) and CommonJS bundles all pass through `Module._load`, and through no other place.
 */
function installCoreApi(): void {
  if (installed) return;
  installed = true;
  const loader = Module as unknown as ModuleLoader;
  const load = loader._load;
  loader._load = function loadModule(this: unknown, request, ...rest): unknown {
    return request === "@azure/functions-core" ? coreApi : load.call(this, request, ...rest);
  };
}

/**
 * Runs `load` (which imports the app's files) and returns what it registered.
 *
 * @throws HostError when another app is being loaded, or no `@azure/functions` announced itself
 */
export async function collectRegistrations(
  load: () => Promise<void>,
  log: OpenRegistrations["log"],
): Promise<Registrations> {
  installCoreApi();
  if (open) throw new HostError("Another app is being loaded in this process: start one after the other.");
  const scope: OpenRegistrations = { functions: new Map(), hooks: new Map(), model: undefined, log };
  open = scope;
  try {
    await load();
    const model = scope.model ?? lastModel;
    if (scope.functions.size === 0 || !model) {
      throw new HostError(
        "No function registered. Check that package.json's main matches the files that call app.http() and the like, " +
          "that they import @azure/functions, and that this process has not loaded the app before.",
      );
    }
    // Locks app.setup(), and tells which capabilities the app has asked for.
    const { HttpUri: httpUri } = await model.getCapabilities({});
    return { functions: [...scope.functions.values()], hooks: scope.hooks, model, httpUri };
  } finally {
    open = undefined;
  }
}
