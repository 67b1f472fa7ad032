#!/usr/bin/env node
// Plain, old JavaScript: the file required first explains itself on a Node that cannot run TypeScript.
require("./require-node-24.cjs");
void import("./headrace.ts");
