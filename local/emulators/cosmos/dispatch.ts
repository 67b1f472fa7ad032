import { randomUUID } from "node:crypto";
import { passGate } from "../kit/gate.ts";
import type { AnswerRequest } from "../kit/serve-http.ts";
import type { Authenticate } from "./authenticate.ts";
import { type ConsistencyLevel, checkConsistency } from "./consistency.ts";
import { checkId } from "./documents/check-document.ts";
import { badRequest, CosmosError } from "./errors.ts";
import { type CosmosGate, nameOperation } from "./gate.ts";
import type { HandleDocuments } from "./handle-documents.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";
import { type CosmosRequest, type CosmosResponse, isFolded, parseRoute } from "./request.ts";
import { type Answer, answerResource, describeError, respond } from "./responses.ts";
import type { Catalog, OpenContainer } from "./store/catalog.ts";

export interface DispatchDeps {
  readonly authenticate: Authenticate;
  /** Of the account's own URL, as it tells it to clients. */
  readonly scheme: "http" | "https";
  /** The name that the account tells clients for its region. Undefined: the one that they came by. */
  readonly regionalHost: string | undefined;
  /** The account's default, and the strongest level that a request may ask for. */
  readonly consistency: () => ConsistencyLevel;
  readonly catalog: Catalog;
  readonly handleDocuments: HandleDocuments;
  readonly gate: CosmosGate;
  /** Something went wrong inside: the client gets a 500 without the reason. */
  readonly onFailure: (error: unknown) => void;
}

export function createDispatch(deps: DispatchDeps): AnswerRequest {
  return async (sent) => {
    const route = parseRoute(sent.path);
    if (!route) return respond(describeError(badRequest("The path is not percent-encoded.")), randomUUID());
    const request = { ...sent, route };
    return passGate(deps.gate, request, () => answer(deps, request));
  };
}

async function answer(deps: DispatchDeps, request: CosmosRequest): Promise<CosmosResponse> {
  const activityId = request.headers["x-ms-activity-id"] ?? randomUUID();
  try {
    if (isFolded(request))
      throw badRequest("No path can carry the ids '.' and '..': HTTP clients fold them out of it.");
    await deps.authenticate(request);
    checkConsistency(request, deps.consistency());
    return respond(await answerRoute(deps, request), activityId);
  } catch (error) {
    if (error instanceof CosmosError) return respond(describeError(error), activityId);
    deps.onFailure(error);
    return respond(describeError(new CosmosError(500, "The emulator failed; its log says why.")), activityId);
  }
}

async function answerRoute(deps: DispatchDeps, request: CosmosRequest): Promise<Answer> {
  const { route } = request;
  switch (route.resourceType) {
    case "account":
      return answerAccount(deps, request);
    case "dbs":
      return handleDatabases(deps.catalog, request);
    case "colls":
      return handleContainers(deps.catalog, request);
    case "pkranges":
      return listRanges(openOwner(deps.catalog, request));
    case "docs":
      return deps.handleDocuments(request, openOwner(deps.catalog, request));
    case "offers":
      return { status: 200, body: JSON.stringify({ _rid: "", Offers: [], _count: 0 }) };
    default:
      throw new CosmosError(501, `'${request.method} ${request.path}' is not supported by this emulator of Cosmos DB.`);
  }
}

const SUBSTATUS_NO_OWNER = 1003;

/** The container of a request about what is in it. The substatus tells its absence from that of a document. */
function openOwner(catalog: Catalog, { route: { database = "", container = "" } }: CosmosRequest): OpenContainer {
  try {
    return catalog.open(database, container);
  } catch (error) {
    if (!(error instanceof CosmosError) || error.status !== 404) throw error;
    throw new CosmosError(404, "Resource Not Found. Owner resource does not exist.", SUBSTATUS_NO_OWNER);
  }
}

/** The account has one location. The SDK re-reads an account called `localhost` at every request. */
function answerAccount({ scheme, regionalHost, consistency }: DispatchDeps, { headers }: CosmosRequest): Answer {
  const { host = "127.0.0.1" } = headers;
  const regional = regionalHost === undefined ? host : host.replace(/^[^:]*/, regionalHost);
  const location = { name: "Local", databaseAccountEndpoint: `${scheme}://${regional}/` };
  return answerResource(200, {
    id: "emulator",
    _rid: "emulator.documents.local",
    _self: "",
    _dbs: "//dbs/",
    writableLocations: [location],
    readableLocations: [location],
    enableMultipleWriteLocations: false,
    userConsistencyPolicy: { defaultConsistencyLevel: consistency() },
    queryEngineConfiguration: "{}",
  });
}

function handleDatabases(catalog: Catalog, request: CosmosRequest): Answer {
  const id = request.route.database ?? "";
  switch (nameOperation(request)) {
    case "create":
      return answerResource(201, catalog.createDatabase(checkId(readResource(request).id)));
    case "read":
      return answerResource(200, catalog.readDatabase(id));
    case "delete":
      catalog.deleteDatabase(id);
      return { status: 204 };
    case "list":
    case "query":
      return answerList("Databases", catalog.listDatabases(), request);
    default:
      throw notAllowed(request);
  }
}

function handleContainers(catalog: Catalog, request: CosmosRequest): Answer {
  const { database = "", container: id = "" } = request.route;
  switch (nameOperation(request)) {
    case "create": {
      const definition = readResource(request);
      checkId(definition.id);
      return answerResource(201, catalog.createContainer(database, definition));
    }
    case "read":
      return answerResource(200, catalog.open(database, id).container.body);
    case "replace":
      return answerResource(200, catalog.replaceContainer(database, id, readResource(request)));
    case "delete":
      catalog.deleteContainer(database, id);
      return { status: 204 };
    case "list":
    case "query":
      return answerList("DocumentCollections", catalog.listContainers(database), request);
    default:
      throw notAllowed(request);
  }
}

function readResource({ body }: CosmosRequest): JsonObject {
  const parsed = parseJson(body, "body");
  if (!isObject(parsed)) throw badRequest("The body is not a JSON object.");
  return parsed;
}

/** Databases and containers are listed whole; of the queries over them, only the plainest is answered. */
function answerList(name: string, resources: readonly JsonObject[], request: CosmosRequest): Answer {
  const query = request.method === "POST" ? readResource(request).query : undefined;
  if (query !== undefined && !/^\s*SELECT\s+\*\s+FROM\s+\w+(\s+\w+)?\s*$/i.test(String(query))) {
    throw badRequest(
      "Queries over databases and containers are not supported by this emulator of Cosmos DB, but for SELECT * FROM c.",
    );
  }
  return { status: 200, body: JSON.stringify({ _rid: "", [name]: resources, _count: resources.length }) };
}

function listRanges({ container }: OpenContainer): Answer {
  const ranges = container.ranges.map(({ id, minInclusive, maxExclusive }) => ({
    id,
    _rid: `${container.rid}${id}`,
    _self: `${String(container.body._self)}pkranges/${id}/`,
    _etag: '"0"',
    _ts: 0,
    minInclusive,
    maxExclusive,
    ridPrefix: Number(id),
    throughputFraction: 1 / container.ranges.length,
    status: "online",
    parents: [],
  }));
  return {
    status: 200,
    body: JSON.stringify({ _rid: container.rid, PartitionKeyRanges: ranges, _count: ranges.length }),
  };
}

function notAllowed({ method }: CosmosRequest): CosmosError {
  return new CosmosError(405, `${method} is not supported here.`);
}
