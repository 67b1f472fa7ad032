import process from "node:process";

/**
 * npm passes a SIGTERM on to the shell between it and us. The shell dies of it without a word, so all we can do is
 * notice.
 */
export function stopWithNpm(stop: () => void): void {
  const { npm_lifecycle_event: underNpm } = process.env;
  if (underNpm === undefined) return;
  const { ppid } = process;
  const timer = setInterval(() => {
    if (process.ppid === ppid) return;
    clearInterval(timer);
    stop();
  }, 500);
  timer.unref();
}
