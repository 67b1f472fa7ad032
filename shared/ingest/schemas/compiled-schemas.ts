import { isDeepStrictEqual } from "node:util";
import { LRUCache } from "lru-cache";
import { createOrgMemory } from "../../org/org-memory.ts";
import type { Turns } from "../../runtime/turn.ts";
import type { JsonSchema } from "../../schema/json-schema.ts";
import type { CompiledSchema } from "../../schema/judge/compile-schema.ts";

/** What an instance of 512 MB has for compiled schemas, and what of it one org takes at most, in bytes. */
const ALL_BYTES = 48 * 1024 * 1024;
export const ORG_BYTES = 16 * 1024 * 1024;

export interface CompiledSchemas {
  /** The schema, compiled. `name`: what it is called in its org. Throws AppError `schemas_unavailable`. */
  find(orgId: string, name: string, schema: JsonSchema, turns: Turns): Promise<CompiledSchema>;
}

interface Known {
  schema: JsonSchema;
  readonly compiled: CompiledSchema;
}

/**
 * Compiles a schema once, and remembers it while events of its type come. An org whose schemas take more than its share
 * forgets its own, and no other org's.
 */
export function createCompiledSchemas(
  compile: (schema: JsonSchema, turns: Turns) => Promise<CompiledSchema>,
): CompiledSchemas {
  const orgs = createOrgMemory<LRUCache<string, Known>>(ALL_BYTES);
  return {
    find: async (orgId, name, schema, turns) => {
      const own =
        orgs.find(orgId) ??
        new LRUCache<string, Known>({ maxSize: ORG_BYTES, sizeCalculation: ({ compiled }) => compiled.bytes });
      const known = own.get(name);
      if (known && isSame(known, schema)) return known.compiled;
      const compiled = await compile(schema, turns);
      own.set(name, { schema, compiled });
      orgs.remember(orgId, own, own.calculatedSize);
      return compiled;
    },
  };
}

/** What an instance knows of an org is read anew when anything in it changes: most schemas are the same then. */
function isSame(known: Known, schema: JsonSchema): boolean {
  if (known.schema === schema) return true;
  if (!isDeepStrictEqual(known.schema, schema)) return false;
  known.schema = schema;
  return true;
}
