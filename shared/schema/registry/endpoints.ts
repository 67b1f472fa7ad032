import { AppError } from "../../errors.ts";
import type { Handlers, PrincipalCall } from "../../http/endpoint.ts";
import { queryOf, readParameters } from "../../http/parameters.ts";
import { readJson } from "../../http/read-json.ts";
import { hasScope, type RequireCurrent } from "../../identity/principal.ts";
import type { OrgScope } from "../../identity/roles.ts";
import { BODY_BYTES } from "./bounds.ts";
import type { Actor } from "./change-registry.ts";
import { changeStatus } from "./change-status.ts";
import { changeSettings, changeType } from "./change-type.ts";
import { listTypes, readType, readVersion } from "./read-registry.ts";
import { checkVersion, type RegisterDeps, registerVersion } from "./register-version.ts";
import {
  checkBody,
  registerBody,
  settingsBody,
  statusBody,
  type TypeBody,
  typeBody,
  typeParameters,
  versionParameters,
} from "./registry-bodies.ts";

export interface RegistryEndpointsDeps extends RegisterDeps {
  readonly actorOf: (call: PrincipalCall) => Actor;
  readonly requireCurrent: RequireCurrent;
}

/** The endpoints of the registry. Event types stand in queries and bodies: a path takes neither `/` nor `..`. */
export function createRegistryEndpoints({ actorOf, requireCurrent, ...deps }: RegistryEndpointsDeps) {
  const { store } = deps;
  /** For what a part of a body asks beyond the scope of its route. */
  const require = async ({ principal }: PrincipalCall, scope: OrgScope): Promise<void> => {
    if (!hasScope(principal, scope))
      throw new AppError("scope_missing", `the credential lacks the scope \`${scope}\``, { members: { scope } });
    await requireCurrent(principal, scope);
  };
  return {
    "list-schemas": async ({ principal: { orgId } }) => ({ status: 200, body: await listTypes(store, orgId) }),
    "read-schema-type": async ({ request, principal: { orgId } }) => {
      const { event_type } = readParameters(typeParameters, queryOf(request));
      return { status: 200, body: await readType(store, orgId, event_type) };
    },
    "read-schema-version": async ({ request, principal: { orgId } }) => {
      const { event_type, version } = readParameters(versionParameters, queryOf(request));
      return { status: 200, body: await readVersion(store, orgId, event_type, version) };
    },
    "register-schema": async (call) => {
      const body = await readJson(call.request, registerBody, BODY_BYTES);
      if (body.force) await require(call, "schemas:force");
      const registered = await registerVersion(deps, actorOf(call), call.principal.orgId, body);
      return { status: registered.created ? 201 : 200, body: registered };
    },
    "check-schema": async ({ request, principal: { orgId } }) => {
      const body = await readJson(request, checkBody, BODY_BYTES);
      return { status: 200, body: await checkVersion(deps, orgId, body) };
    },
    "change-schema-status": async (call) => {
      const body = await readJson(call.request, statusBody);
      if (body.force) await require(call, "schemas:force");
      return { status: 200, body: await changeStatus(deps, actorOf(call), call.principal.orgId, body) };
    },
    "change-schema-type": async (call) => {
      const body = await readJson(call.request, typeBody);
      if (isForManagers(body)) await require(call, "schemas:manage");
      return { status: 200, body: await changeType(deps, actorOf(call), call.principal.orgId, body) };
    },
    "change-schema-settings": async (call) => {
      const body = await readJson(call.request, settingsBody);
      if (body.end_hash_key) await require(call, "schemas:force");
      return { status: 200, body: await changeSettings(deps, actorOf(call), call.principal.orgId, body) };
    },
  } satisfies Partial<Handlers>;
}

/** What decides over events, and not only what is said of the type. */
function isForManagers({ mode, compatibility, promote }: TypeBody): boolean {
  return mode !== undefined || compatibility !== undefined || promote !== undefined;
}
