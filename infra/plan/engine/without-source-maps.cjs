// Preloaded (`node --require`) before Pulumi's language runtime: it makes a stack trace of every promise, and looks
// for the source map of each
// file in it, which is a third of a run's time. Programs here are run as they are written.
Object.defineProperty(Error, "prepareStackTrace", { get: () => undefined, set: () => {} });
