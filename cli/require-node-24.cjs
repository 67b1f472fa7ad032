// Preloaded (`node --require`) before a TypeScript entry: a Node that cannot run TypeScript would only say
// "Unknown file extension .ts". Plain, old JavaScript for that reason.
var major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    "Headrace needs Node 24 or newer, and this is " +
      process.version +
      ". The project brings its own (the npm package `node`): run `npm install` again. If npm says that install scripts " +
      "were blocked, allow the one of `node`.",
  );
  process.exit(1);
}
