import { registerHooks } from "node:module";

/**
 * Preloaded (`node --import`) into Azurite, whose telemetry is off (`--disableTelemetry`). What would send it is loaded
 * all the same: 1,750 of its 2,293 modules, and 0.8 of the 1.45 s of processor time until all are there.
 */
registerHooks({
  load: (url, context, nextLoad) =>
    url.includes("/node_modules/applicationinsights/")
      ? { format: "commonjs", source: "module.exports = {};", shortCircuit: true }
      : nextLoad(url, context),
});
