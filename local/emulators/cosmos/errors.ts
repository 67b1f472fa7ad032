const NAMES: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  408: "RequestTimeout",
  409: "Conflict",
  410: "Gone",
  412: "PreconditionFailed",
  413: "RequestEntityTooLarge",
  424: "FailedDependency",
  429: "TooManyRequests",
  449: "RetryWith",
  500: "InternalServerError",
  501: "NotImplemented",
  503: "ServiceUnavailable",
};

/** A request that the service would refuse: HTTP status, Cosmos DB substatus, and for 429 the time to wait. */
export class CosmosError extends Error {
  readonly status: number;
  readonly substatus: number;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, message: string, substatus = 0, retryAfterMs?: number) {
    super(message);
    this.name = "CosmosError";
    this.status = status;
    this.substatus = substatus;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The code that goes with a status in error bodies: 404 is `NotFound`. */
export function nameStatus(status: number): string {
  return NAMES[status] ?? "Error";
}

export function badRequest(message: string, substatus = 0): CosmosError {
  return new CosmosError(400, message, substatus);
}

export function notFound(what: string): CosmosError {
  return new CosmosError(404, `Entity with the specified id does not exist in the system: ${what}.`);
}

export function conflict(what: string): CosmosError {
  return new CosmosError(409, `Entity with the specified id already exists in the system: ${what}.`);
}

export function preconditionFailed(): CosmosError {
  return new CosmosError(412, "One of the specified pre-condition is not met.");
}
