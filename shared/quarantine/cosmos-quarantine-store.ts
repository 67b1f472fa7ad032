import type { Container } from "@azure/cosmos";
import { readDocument } from "../store/cosmos.ts";
import { createDocuments } from "../store/create-documents.ts";
import { stamp } from "../store/formats.ts";
import type { QuarantineStore } from "./quarantine-store.ts";

export function createCosmosQuarantineStore(container: Container): QuarantineStore {
  return {
    create: (documents, deadline) => {
      const stamped = documents.map((document) => stamp("quarantined", document));
      return createDocuments(container, stamped, deadline);
    },
    read: (orgId, id) => readDocument(container, id, [orgId, id]),
  };
}
