import type { Changeable } from "../../store/change.ts";
import type { Versioned } from "../../store/versioned.ts";
import type {
  OrgSchemasDocument,
  RegistryDocument,
  SchemaLineDocument,
  SchemaTypeDocument,
  SchemaVersionDocument,
} from "./registry-documents.ts";

export type RegistryWrite =
  | { readonly create: RegistryDocument }
  | { readonly replace: RegistryDocument; readonly etag: string };

/**
 * The registry of orgs. Every method throws AppError `store_unavailable`, and all but `readSchemas` do so for what only
 * a newer release can read.
 */
export interface RegistryStore extends Changeable<RegistryWrite> {
  /** As it is stored, whatever its version; with the ETag that is known, and unchanged since: that. */
  readSchemas(orgId: string, knownEtag?: string): Promise<Versioned<OrgSchemasDocument> | "unchanged" | undefined>;
  readType(orgId: string, eventType: string): Promise<Versioned<SchemaTypeDocument> | undefined>;
  readVersion(orgId: string, eventType: string, version: number): Promise<SchemaVersionDocument | undefined>;
  listTypes(orgId: string): Promise<readonly SchemaTypeDocument[]>;
  listLines(orgId: string): Promise<readonly SchemaLineDocument[]>;
  /** One that is gone already is fine. */
  deleteLine(orgId: string, id: string): Promise<void>;
}
