// Preloaded into processes that run the product (NODE_OPTIONS): writes which marks each of them has met, and how often.
// CommonJS, so that any Node which such a process starts can load it as well.
const { subscribe } = require("node:diagnostics_channel");
const { appendFileSync, mkdirSync } = require("node:fs");
const { join } = require("node:path");
const process = require("node:process");

const folder = process.env.HEADRACE_REACHED;
/** How often in ms counts are written: a process that is killed loses those of its last moments. */
const EVERY_MS = 1_000;
/** Tests put others in their places. */
const { setTimeout, performance } = globalThis;

if (folder) {
  mkdirSync(folder, { recursive: true });
  // A process id is used again; the beginning of the process tells two of them apart.
  const file = join(folder, `${process.pid}-${Math.round(performance.timeOrigin)}`);
  const met = new Set();
  const counts = new Map();
  let isWaiting = false;
  const write = () => {
    isWaiting = false;
    const lines = [...counts].map(([name, count]) => `${name} ${count}\n`);
    counts.clear();
    if (lines.length > 0) appendFileSync(file, lines.join(""));
  };
  subscribe("headrace:reached", (name) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (!met.has(name)) write();
    met.add(name);
    if (isWaiting || counts.size === 0) return;
    isWaiting = true;
    setTimeout(write, EVERY_MS).unref();
  });
  process.on("exit", write);
}
