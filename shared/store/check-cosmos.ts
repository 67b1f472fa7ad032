import { type Container, type CosmosClient, ErrorResponse } from "@azure/cosmos";
import { withDeadline } from "../runtime/deadline.ts";
import { NotReadyError } from "../runtime/not-ready-error.ts";
import { reached } from "../runtime/reached.ts";
import { compareContainer, type FoundContainer } from "./compare-container.ts";
import { type ContainerDefinition, type ContainerName, containers } from "./containers.ts";

type Handles = Readonly<Record<ContainerName, Container>>;

export interface CheckOptions {
  /** How long containers and account count as they were found to be right, in ms. */
  readonly goodMs?: number;
  /** How long nobody asks again about what was wrong with them, in ms. */
  readonly badMs?: number;
  readonly now?: () => number;
}

/** What the service allows of metadata requests is little, and does not grow with the throughput that is paid for. */
const GOOD_MS = 10 * 60_000;
const BAD_MS = 5_000;
/** Of one comparison. It goes on when the probe that began it has given up. */
const COMPARE_MS = 10_000;

/** Session consistency rests on the account's default: a client may ask for the same or less. */
const strongEnough = ["Session", "BoundedStaleness", "Strong"];

/**
 * Checks that Cosmos DB can be worked with: the account and its containers are as containers.ts has them, and a
 * document can be asked for (1 RU). A role at any scope allows all of this; to read the database itself, one at the
 * scope of a container would not do. Throws a NotReadyError that says what is wrong where words for it are known, else
 * what the SDK threw.
 */
export function createCosmosCheck(
  client: CosmosClient,
  handles: Handles,
  options: CheckOptions = {},
): (signal: AbortSignal) => Promise<void> {
  const compare = keepVerdict(() => withDeadline(COMPARE_MS, (signal) => compareAll(client, handles, signal)), options);
  return async (abortSignal) => {
    const problem = await compare();
    if (problem !== undefined) throw problem;
    await askForDocument(handles.control, abortSignal).catch((error: unknown) => {
      throw explain(error) ?? error;
    });
  };
}

/** There is no such document; what counts is that the answer says so. */
async function askForDocument(container: Container, abortSignal: AbortSignal): Promise<void> {
  const { statusCode, substatus } = await container.item("readiness", "readiness").read({ abortSignal });
  if (statusCode === 404 && substatus === OWNER_NOT_FOUND) throw new NotReadyError(missing(container.id));
}

/** Substatus of a 404 that speaks of the container, and not of the document. */
const OWNER_NOT_FOUND = 1003;

interface Verdict {
  readonly at: number;
  /** Undefined: all is right. */
  readonly problem: unknown;
}

/**
 * Asks together, and keeps the verdict. What was right stays so while it cannot be asked; an outage is not a verdict.
 */
function keepVerdict(
  ask: () => Promise<readonly string[]>,
  { goodMs = GOOD_MS, badMs = BAD_MS, now = () => performance.now() }: CheckOptions,
): () => Promise<unknown> {
  let last: Verdict | undefined;
  let asking: Promise<Verdict> | undefined;
  const decide = async (): Promise<Verdict> => {
    try {
      const differences = await ask();
      return { at: now(), problem: differences.length > 0 ? new NotReadyError(differences.join("; ")) : undefined };
    } catch (error) {
      const wasRight = last !== undefined && last.problem === undefined;
      if (wasRight) reached("containers-not-asked-for");
      return { at: now(), problem: wasRight ? undefined : (explain(error) ?? error) };
    }
  };
  const keptMs = ({ problem }: Verdict): number =>
    problem === undefined ? goodMs : problem instanceof NotReadyError ? badMs : 0;
  return async () => {
    if (last === undefined || now() - last.at >= keptMs(last)) {
      asking ??= decide().finally(() => {
        asking = undefined;
      });
      last = await asking;
    }
    return last.problem;
  };
}

/** The account first: requests about containers may already be refused for its consistency. */
async function compareAll(client: CosmosClient, handles: Handles, abortSignal: AbortSignal): Promise<string[]> {
  const { resource: account } = await client.getDatabaseAccount({ abortSignal });
  const level = account?.consistencyPolicy ?? "unknown";
  if (!strongEnough.includes(level))
    return [`the account's default consistency is ${level}, and must be Session or stronger`];
  const differences = Object.values<ContainerDefinition>(containers).map((definition) =>
    compareOne(definition, handles[definition.id as ContainerName], abortSignal),
  );
  return (await Promise.all(differences)).flat();
}

async function compareOne(
  definition: ContainerDefinition,
  container: Container,
  abortSignal: AbortSignal,
): Promise<string[]> {
  try {
    const { resource = {} } = await container.read({ abortSignal });
    return compareContainer(definition, resource as FoundContainer);
  } catch (error) {
    if (error instanceof ErrorResponse && error.code === 404) return [missing(container.id)];
    throw error;
  }
}

const missing = (id: string): string => `the container ${id} is not there`;

const ROLE = /perform action \[([^\]]+)\].* on (?:resource \[([^\]]*)\]|any scope)/;

/** An answer that means a mistake of set-up, in words; undefined for any other. */
function explain(cause: unknown): NotReadyError | undefined {
  if (!(cause instanceof ErrorResponse)) return undefined;
  if (cause.code !== 403) return undefined;
  const said = cause.body?.message ?? cause.message;
  if (said.includes("through public internet"))
    return new NotReadyError(
      "its firewall refuses what comes through the public internet: in the private zone, the account's own name or " +
        "its regional name does not lead to the private endpoint",
      { cause },
    );
  const [, action, resource = "any scope"] = ROLE.exec(said) ?? [];
  if (action === undefined) return new NotReadyError("it forbids the app's identity what is asked for", { cause });
  return new NotReadyError(`the app's identity has no role, or not yet, for ${action} on ${resource}`, { cause });
}
