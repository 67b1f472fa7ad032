import { StackError } from "../../local/launcher/stack-error.ts";
import { type ApiAnswer, type ApiOptions, type ApiRequest, callApi, type Problem } from "../call-api.ts";
import type { Contract, ContractVersion } from "./contract-files.ts";

type Json = Record<string, unknown>;

/** A difference that the rule of a type forbids. */
interface Breaking {
  readonly version: number;
  readonly direction: string;
  readonly pointer: string;
  readonly kind: string;
  readonly message: string;
}

export type Registered =
  | { readonly ok: true; readonly created: boolean }
  | { readonly ok: false; readonly problem: Problem; readonly breaks: readonly Breaking[] };

export interface TypeState {
  readonly owner: string;
  readonly description: string;
  readonly mode: string;
  readonly compatibility: string;
  readonly promoted: readonly { readonly path: string }[];
  readonly versions: readonly { readonly version: number; readonly status: string }[];
}

/** The registry by its API. Throws a {@link StackError} for all that no command can go on with. */
export interface RegistryClient {
  /** The org's own types. */
  listTypes(): Promise<string[]>;
  /** Undefined for a type that has no schema. */
  readType(eventType: string): Promise<TypeState | undefined>;
  readVersion(eventType: string, version: number): Promise<ContractVersion>;
  register(contract: Contract, version: ContractVersion, dry: boolean): Promise<Registered>;
  changeStatus(eventType: string, version: number, status: string): Promise<void>;
  changeType(eventType: string, changes: Json): Promise<void>;
}

type ReadVersion = Omit<ContractVersion, "mapping"> & { readonly mapping: ContractVersion["mapping"] | null };

const PATH = "/api/v1/schemas";

type Call = (method: ApiRequest["method"], path: string, body?: Json) => Promise<ApiAnswer>;

export function createRegistryClient(api: ApiOptions, apiKey: string): RegistryClient {
  const call: Call = (method, path, body) => {
    const sent = body && {
      body: new TextEncoder().encode(JSON.stringify(body)),
      headers: { "content-type": "application/json" },
    };
    return callApi({ method, path, apiKey, ...sent }, api);
  };
  return {
    listTypes: async () => {
      const { types } = (await need(call, "GET", PATH)) as { types: { event_type: string; platform: boolean }[] };
      return types.filter(({ platform }) => !platform).map(({ event_type }) => event_type);
    },
    readType: async (event_type) => {
      const answer = await call("GET", pathTo("type", { event_type }));
      if (answer.ok) return answer.body as unknown as TypeState;
      if (answer.problem.code === "schema_not_found") return undefined;
      throw new StackError(describeProblem(answer.problem));
    },
    readVersion: async (event_type, version) => {
      const read = await need(call, "GET", pathTo("version", { event_type, version: String(version) }));
      const { status, description, schema, examples, mapping } = read as unknown as ReadVersion;
      return { version, status, description, schema, examples, ...(mapping && { mapping }) };
    },
    register: async (contract, version, dry) =>
      toRegistered(await call("POST", dry ? `${PATH}/check` : PATH, toBody(contract, version))),
    changeStatus: async (event_type, version, status) => {
      await need(call, "PATCH", `${PATH}/version`, { event_type, version, status });
    },
    changeType: async (event_type, changes) => {
      await need(call, "PATCH", `${PATH}/type`, { event_type, ...changes });
    },
  };
}

const pathTo = (what: string, query: Record<string, string>): string => `${PATH}/${what}?${new URLSearchParams(query)}`;

async function need(call: Call, ...request: Parameters<Call>): Promise<Json> {
  const answer = await call(...request);
  if (answer.ok) return answer.body;
  throw new StackError(describeProblem(answer.problem));
}

/** What is wrong with the version is an answer; anything else ends the command. */
function toRegistered(answer: ApiAnswer): Registered {
  if (answer.ok) return { ok: true, created: answer.body.created === true };
  const { problem } = answer;
  if (problem.status !== 409 && problem.status !== 422) throw new StackError(describeProblem(problem));
  return { ok: false, problem, breaks: (problem.members?.breaks ?? []) as Breaking[] };
}

function toBody(contract: Contract, one: ContractVersion): Json {
  const { event_type, owner, description, mode, compatibility, promote } = contract;
  const status = one.status === "draft" ? "draft" : "active";
  const { version, schema, examples, mapping } = one;
  return {
    ...{ event_type, version, schema, examples, description: one.description, status, ...(mapping && { mapping }) },
    type: { owner, description, mode, compatibility, ...(promote && { promote }) },
  };
}

export function describeProblem({ code, detail, fix }: Problem): string {
  return `${code}: ${detail}${fix ? ` ${fix}` : ""}`;
}
