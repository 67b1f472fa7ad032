import type { Container } from "@azure/cosmos";
import { type ContainerDefinition, containers } from "./containers.ts";
import { inTime, writeResultOfError } from "./cosmos.ts";

const right = new WeakSet<Container>();

/**
 * Why nothing may be written into a container: it is partitioned otherwise than containers.ts says, which nobody can
 * change, or cannot be read. Undefined when all is well, and for a container that containers.ts does not have. Read
 * once, which the SDK would do itself; `anew` after a 400, since the SDK keeps the key of a container that was made
 * again in the meantime, until somebody reads it.
 */
export async function findWrongKey(container: Container, anew = false): Promise<string | undefined> {
  const wanted = definitionOf(container)?.partitionKey.join(", ");
  if (wanted === undefined || (right.has(container) && !anew)) return undefined;
  right.delete(container);
  try {
    const { resource } = await inTime((abortSignal) => container.read({ abortSignal }));
    const key = resource?.partitionKey?.paths.join(", ");
    if (key !== wanted) return `the container ${container.id} is partitioned by ${key}, and must be by ${wanted}`;
    right.add(container);
    return undefined;
  } catch (error) {
    const result = writeResultOfError(error);
    return `the container ${container.id} cannot be read (${"reason" in result ? result.reason : result.status})`;
  }
}

function definitionOf({ id }: Container): ContainerDefinition | undefined {
  return Object.values<ContainerDefinition>(containers).find((definition) => definition.id === id);
}
