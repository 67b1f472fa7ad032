/** A failure that its message explains in full: a command prints it as it is, without a stack. */
export class StackError extends Error {
  override readonly name = "StackError";
}
