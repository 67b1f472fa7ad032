import type { InvocationContext } from "@azure/functions";

export type LogFields = Readonly<Record<string, unknown>>;

/** One line an occurrence: a sentence, and what a search needs. Never a secret, never a client's data. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** For lines that belong to no invocation. */
export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Writes lines of JSON to the invocation's log. */
export function logTo(context: InvocationContext): Logger {
  const line = (message: string, fields: LogFields = {}): string =>
    JSON.stringify({ message, ...fields, invocation_id: context.invocationId }, (_key, value: unknown) =>
      value instanceof Error ? describeError(value) : value,
    );
  return {
    info: (message, fields) => context.info(line(message, fields)),
    warn: (message, fields) => context.warn(line(message, fields)),
    error: (message, fields) => context.error(line(message, fields)),
  };
}

/** An error and its causes, without the requests and headers that SDK errors carry along. */
function describeError(error: Error): Record<string, unknown> {
  const { code, reason } = error as { code?: unknown; reason?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? undefined : { code }),
    ...(typeof reason === "string" ? { reason } : undefined),
    ...(error.name === "AppError"
      ? undefined
      : {
          stack: error.stack
            ?.split("\n")
            .slice(1, 6)
            .map((line) => line.trim()),
        }),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : undefined),
    ...(error instanceof AggregateError ? { errors: error.errors.slice(0, 3).map(String) } : undefined),
  };
}
