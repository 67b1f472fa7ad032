/** A document as it was read, with what it is replaced by. */
export interface Versioned<T> {
  readonly value: T;
  readonly etag: string;
}

/** Without what Cosmos DB adds, which must not be written back. */
export function toVersioned<T>(document: T & { readonly _etag: string }): Versioned<T> {
  const { _etag, ...rest } = document;
  const { _rid, _self, _attachments, _ts, ...value } = rest as Record<string, unknown>;
  return { value: value as T, etag: _etag };
}
