import process from "node:process";
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
  return logLines(context, { invocation_id: context.invocationId });
}

/** The same for what happens outside of any invocation: the host takes the lines of its worker's console as its own. */
export const processLog: Logger = logLines(console, {});

function logLines(out: Pick<Console, "info" | "warn" | "error">, own: LogFields): Logger {
  const line = (message: string, fields: LogFields = {}): string =>
    JSON.stringify({ message, ...fields, ...own }, (_key, value: unknown) =>
      value instanceof Error ? describeError(value) : value,
    );
  return {
    info: (message, fields) => out.info(line(message, fields)),
    warn: (message, fields) => out.warn(line(message, fields)),
    error: (message, fields) => out.error(line(message, fields)),
  };
}

/**
 * A rejection that nobody awaits ends a worker of Azure Functions, with everything that it has under way. SDKs leave
 * such ones: a token that is refreshed in the background is awaited by nobody. So they are logged, and that is all.
 */
export function logUnhandledRejections(log: Logger): void {
  process.on("unhandledRejection", (error) => log.error("a failure that nobody awaited", { error }));
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
