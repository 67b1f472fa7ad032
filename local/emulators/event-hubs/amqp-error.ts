/** Conditions that Event Hubs answers with; the SDK's errors are named in its ConditionErrorNameMapper (core-amqp). */
export type Condition =
  | "amqp:connection:forced"
  | "amqp:decode-error"
  | "amqp:internal-error"
  | "amqp:invalid-field"
  | "amqp:link:detach-forced"
  | "amqp:link:message-size-exceeded"
  | "amqp:link:stolen"
  | "amqp:not-found"
  | "amqp:not-implemented"
  | "amqp:resource-limit-exceeded"
  | "amqp:unauthorized-access"
  | "com.microsoft:argument-error"
  | "com.microsoft:argument-out-of-range"
  | "com.microsoft:server-busy"
  | "com.microsoft:timeout";

/** The error that a client gets, in the shape of an AMQP error. */
export interface AmqpFailure {
  readonly condition: Condition;
  readonly description: string;
}

/** Thrown inside, told to the client where the operation is answered. */
export class Refusal extends Error {
  readonly failure: AmqpFailure;

  constructor(condition: Condition, description: string) {
    super(description);
    this.failure = { condition, description };
  }
}

/** The failure to tell for anything that was thrown: anything but a refusal is this side's fault. */
export function failureOf(error: unknown): AmqpFailure {
  if (error instanceof Refusal) return error.failure;
  return { condition: "amqp:internal-error", description: error instanceof Error ? error.message : String(error) };
}
