// Pulumi starts a pack through ts-node, which knows nothing of imports that end in `.ts`. An import from here is Node's own.
void import("./pack.ts");
