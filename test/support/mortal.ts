/** A process that is killed (SIGKILL) at one of its calls. */
export interface Life {
  /** Resolves when it is dead, and what it had under way has come to its end. */
  readonly death: Promise<unknown>;
  /** A port as this process has it. */
  of<Port extends object>(port: Port): Port;
  call<T>(work: () => T | Promise<T>): Promise<T>;
}

/**
 * It is killed when so many of its calls took effect, and before the answer to the last of them is there. From then on
 * nothing that it calls does anything, or ever answers.
 */
export function startLife(calls: number): Life {
  const died = Promise.withResolvers<unknown>();
  const underWay: Promise<unknown>[] = [];
  const never = new Promise<never>(() => undefined);
  const die = (): Promise<never> => {
    died.resolve(Promise.allSettled(underWay));
    return never;
  };
  const call = async <T>(work: () => T | Promise<T>): Promise<T> => {
    if (underWay.length >= calls) return die();
    const answer = Promise.resolve(work());
    const place = underWay.push(answer);
    if (place === calls) return answer.then(die, die);
    return answer;
  };
  const of = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (...given: unknown[]) => call(() => member.apply(target, given)) : member;
      },
    });
  return { of, call, death: died.promise };
}

/** Of a process that nobody kills. */
export const immortal: Life = {
  death: new Promise(() => undefined),
  of: (port) => port,
  call: async (work) => work(),
};
