import { randomBytes } from "node:crypto";
import { chargeCreate, chargeDelete, chargeRead, chargeReplace } from "../charge.ts";
import { badRequest, CosmosError, conflict, notFound, preconditionFailed } from "../errors.ts";
import type { JsonObject, Value } from "../json.ts";
import { equalPartitionKeys, extractPartitionKey, type PartitionKeyValue } from "../partition/definition.ts";
import { parseCondition } from "../sql/parse.ts";
import type { OpenContainer } from "../store/catalog.ts";
import type { StoredDocument } from "../store/document-table.ts";
import { countChangedTerms, listIndexTerms } from "../store/index-terms.ts";
import { checkDocument, checkSize, computeExpiry } from "./check-document.ts";
import { applyPatch, parsePatch } from "./patch.ts";

export type OperationType = "Create" | "Upsert" | "Read" | "Replace" | "Patch" | "Delete";

/** One operation on one document, from a request of its own, a batch or a bulk request. */
export interface Operation {
  readonly type: OperationType;
  readonly partition: readonly PartitionKeyValue[];
  /** Of the document in the path; not for Create and Upsert. */
  readonly id?: string;
  /** The document, or the patch. */
  readonly body?: Value;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}

export interface OperationResult {
  readonly status: 200 | 201 | 204 | 304;
  readonly charge: number;
  readonly etag?: string;
  /** The document as JSON. */
  readonly body?: string;
}

export interface OperationDeps {
  /** Milliseconds since 1970. */
  now(): number;
  /** Whether a document satisfies the condition of a patch. */
  matches(condition: ReturnType<typeof parseCondition>, document: JsonObject): boolean;
}

export type ExecuteOperation = (open: OpenContainer, operation: Operation) => OperationResult;

/**
 * @returns a function that does an operation at once and whole: it changes its document, or throws a {@link
 *   CosmosError}
 */
export function createOperations(deps: OperationDeps): ExecuteOperation {
  const etags = createEtags();
  const toSeconds = (): number => Math.floor(deps.now() / 1000);

  /** The document, unless it is gone or has expired. */
  function find(open: OpenContainer, operation: Operation, id: string): StoredDocument | undefined {
    const found = open.documents.find(operation.partition, id);
    return found && (found.expires === null || found.expires > toSeconds()) ? found : undefined;
  }

  function requireDocument(open: OpenContainer, operation: Operation): StoredDocument & { readonly id: string } {
    const id = operation.id ?? "";
    const found = find(open, operation, id);
    if (!found) throw notFound(`document '${id}'`);
    if (operation.ifMatch !== undefined && operation.ifMatch !== "*" && operation.ifMatch !== found.etag)
      throw preconditionFailed();
    return { ...found, id };
  }

  function prepare(open: OpenContainer, operation: Operation, body: Value, rid: number) {
    const { container } = open;
    const document = checkDocument(body);
    const partition = extractPartitionKey(container.partitionPaths, document);
    if (!equalPartitionKeys(partition, operation.partition)) {
      throw badRequest("PartitionKey extracted from document doesn't match the one specified in the header.", 1001);
    }
    const ts = toSeconds();
    const etag = etags();
    const system = {
      ...describe(container.rid, rid, String(container.body._self)),
      _etag: etag,
      _attachments: "attachments/",
      _ts: ts,
    };
    const text = JSON.stringify({ ...document, ...system });
    const bytes = Buffer.byteLength(text);
    checkSize(bytes);
    const stored = { ...document, ...system };
    return {
      rid,
      etag,
      ts,
      body: text,
      bytes,
      id: document.id,
      partition,
      document: stored,
      expires: computeExpiry(container, document, ts),
    };
  }

  function create(open: OpenContainer, operation: Operation): OperationResult {
    const document = prepare(open, operation, operation.body, open.documents.nextRid());
    if (!open.documents.insert(document)) {
      const taken = open.documents.find(operation.partition, document.id);
      if (!taken || find(open, operation, document.id)) throw conflict(`document '${document.id}'`);
      open.documents.remove(taken.rid);
      open.documents.insert(document);
    }
    const charge = chargeCreate(document.bytes, termsOf(open, document.document).size);
    return { status: 201, charge, etag: document.etag, body: document.body };
  }

  function replaceWith(
    open: OpenContainer,
    operation: Operation,
    found: StoredDocument & { readonly id: string },
    body: Value,
    patched = 0,
  ): OperationResult {
    const document = prepare(open, operation, body, found.rid);
    if (document.id !== found.id) throw badRequest("The id of a document cannot be changed by replacing it.");
    open.documents.update(document);
    const charge = chargeReplace({
      bytesBefore: Buffer.byteLength(found.body),
      bytes: document.bytes,
      changedTerms: countChangedTerms(termsOf(open, JSON.parse(found.body)), termsOf(open, document.document)),
      patched,
    });
    return { status: 200, charge, etag: document.etag, body: document.body };
  }

  function upsert(open: OpenContainer, operation: Operation): OperationResult {
    const { id } = checkDocument(operation.body);
    if (!find(open, operation, id)) return create(open, operation);
    if (operation.ifNoneMatch === "*") throw conflict(`document '${id}'`);
    return replaceWith(open, operation, requireDocument(open, { ...operation, id }), operation.body);
  }

  function patch(open: OpenContainer, operation: Operation): OperationResult {
    const parsed = parsePatch(operation.body);
    const found = requireDocument(open, operation);
    const document: JsonObject = JSON.parse(found.body);
    if (parsed.condition !== undefined && !deps.matches(parseCondition(parsed.condition), document))
      throw preconditionFailed();
    const patched = applyPatch(document, parsed, open.container.partitionPaths);
    return replaceWith(open, operation, found, patched, parsed.operations.length);
  }

  function read(open: OpenContainer, operation: Operation): OperationResult {
    const { ifMatch: _, ...unconditional } = operation;
    const found = requireDocument(open, unconditional);
    const charge = chargeRead(Buffer.byteLength(found.body));
    if (operation.ifNoneMatch === found.etag) return { status: 304, charge, etag: found.etag };
    return { status: 200, charge, etag: found.etag, body: found.body };
  }

  function remove(open: OpenContainer, operation: Operation): OperationResult {
    const found = requireDocument(open, operation);
    open.documents.remove(found.rid);
    const terms = termsOf(open, JSON.parse(found.body));
    return { status: 204, charge: chargeDelete(Buffer.byteLength(found.body), terms.size) };
  }

  const actions: Readonly<Record<OperationType, ExecuteOperation>> = {
    Create: create,
    Upsert: upsert,
    Read: read,
    Replace: (open, operation) => replaceWith(open, operation, requireDocument(open, operation), operation.body),
    Patch: patch,
    Delete: remove,
  };
  return (open, operation) => {
    const action = actions[operation.type];
    if (!action) throw new CosmosError(400, `The operation '${String(operation.type)}' is not known.`);
    return action(open, operation);
  };
}

function termsOf({ container }: OpenContainer, document: JsonObject): Set<string> {
  return listIndexTerms(container.policy, document);
}

/** Unique also across restarts: a random part of this process, and a count. */
function createEtags(): () => string {
  const process = randomBytes(6).toString("hex");
  let count = 0;
  return () => `"${(++count).toString(16).padStart(8, "0")}-0000-0000-0000-${process}"`;
}

function describe(
  containerRid: string,
  rid: number,
  containerSelf: string,
): { readonly _rid: string; readonly _self: string } {
  const bytes = Buffer.alloc(16);
  bytes.write(containerRid.replaceAll("-", "/"), "base64");
  bytes.writeBigUInt64LE(BigInt(rid), 8);
  const documentRid = bytes.toString("base64").replaceAll("/", "-");
  return { _rid: documentRid, _self: `${containerSelf}docs/${documentRid}/` };
}
