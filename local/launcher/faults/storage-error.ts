/** An answer of Azure Storage that is not a success: the code is in a header and in the body. */
export interface StorageError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Answers a principal that has no role, or has it no more. */
export const forbidden: StorageError = {
  status: 403,
  code: "AuthorizationPermissionMismatch",
  message: "This request is not authorized to perform this operation using this permission.",
};

export function headersOf({ code }: StorageError): Record<string, string> {
  return { "content-type": "application/xml", "x-ms-error-code": code };
}

export function bodyOf({ code, message }: StorageError): string {
  return `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}
