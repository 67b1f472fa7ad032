/**
 * Who may know whom: `functions → compose → use cases → domain`, and in shared/ by floors (shared/floors.json).
 * `test/scripts/checks.test.ts` shows that each rule rejects.
 */
const floors = require("./shared/floors.json");

/** Rules hold in the fixture that breaks them as well. */
const tree = "^(test/fixtures/rejected/)?";
const adapter = "(azure|blob|cosmos|event-hubs|key-vault|openid|storage)-[^/]+";
/** What the adapters of a vendor share. */
const vendorPieces =
  "shared/store/(answers|catch-up|check-cosmos|commit-batch|confirm-refusals|cosmos|create-documents|credential|forgetting|partition-key|read-together|write-over)\\.ts$";

/** A rule for each room of a building: nothing from its own floor, and nothing from above. */
function noWayUp(building) {
  const rooms = floors[building];
  return rooms.flatMap((floor, height) =>
    floor.map((room) => {
      const others = rooms
        .slice(0, height + 1)
        .flat()
        .filter((other) => other !== room);
      return {
        name: `no-way-up-from-${room}`,
        comment: `${building}/${room} stands below these, or on their floor: move what both need further down. The floors are in shared/floors.json.`,
        severity: "error",
        from: { path: `${tree}${building}/${room}(/|$)` },
        to: { path: `${tree}${building}/(${others.join("|")})(/|$)` },
      };
    }),
  );
}

/** `from` knows nothing of `to`; both are patterns of folders at the top. */
function knowsNothingOf(name, comment, from, to) {
  return { name, comment, severity: "error", from: { path: `${tree}${from}/` }, to: { path: `${tree}${to}/` } };
}

const tests = "test(?!/fixtures/rejected)";
/** Lists of the product, with nothing of how it works: whoever makes or counts what it needs reads them too. */
const lists = [
  "shared/config",
  "shared/http/routes",
  "shared/store/(containers|container-resource|resources)",
  "functions/triggers",
];

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle has no direction.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-cycles-between-folders",
      comment: "Rooms that need one another are one room, or lack a third below them.",
      severity: "error",
      scope: "folder",
      from: { path: `${tree}shared/` },
      to: { circular: true },
    },
    ...noWayUp("shared"),
    ...noWayUp("shared/access"),
    knowsNothingOf(
      "deployed-code-knows-nothing-else",
      "Nothing that is deployed imports what is not.",
      "(functions|shared)",
      `(local|cli|bench|scripts|infra|${tests})`,
    ),
    knowsNothingOf(
      "shared-knows-no-functions",
      "A function calls the composition root, and is called by the host.",
      "shared",
      "functions",
    ),
    knowsNothingOf(
      "the-sdk-stands-alone",
      "The SDK runs where nothing else of this project is: it knows the API, as any client does.",
      "sdk",
      `(functions|shared|local|cli|bench|scripts|infra|${tests})`,
    ),
    knowsNothingOf(
      "the-product-knows-no-sdk",
      "Any client may speak to the product: it serves none of its own in another way.",
      "(functions|shared|local|cli|scripts|infra)",
      "sdk",
    ),
    knowsNothingOf(
      "emulators-know-nothing-of-headrace",
      "An emulator is of its service: it could serve any other product.",
      "local/emulators",
      `(functions|shared|local/launcher|cli|bench|scripts|infra|${tests})`,
    ),
    knowsNothingOf(
      "the-launcher-knows-no-commands",
      "Commands and tests start the launcher. It reaches the product's functions by HTTP.",
      "local/launcher",
      `(functions|cli|bench|scripts|infra|${tests})`,
    ),
    knowsNothingOf(
      "commands-know-no-tests",
      "What users run needs nothing that only we run.",
      "cli",
      `(functions|bench|scripts|infra|${tests})`,
    ),
    knowsNothingOf(
      "scripts-know-shared-only",
      "Scripts build and check; they start nothing.",
      "scripts",
      `(functions|local|cli|bench|${tests})`,
    ),
    {
      name: "functions-are-called-by-the-host-only",
      comment: "Tests and benchmarks call functions as clients do, through a host.",
      severity: "error",
      from: { path: `${tree}(bench|test/(?!cli/app/|fixtures/)[^/]+)/` },
      to: { path: `${tree}functions/`, pathNot: "functions/triggers\\.ts$" },
    },
    {
      name: "infra-reads-lists-only",
      comment: "Of the product the Pulumi program reads what it needs, and not how it works.",
      severity: "error",
      from: { path: `${tree}infra/` },
      to: {
        path: `${tree}(functions|shared|local|cli|bench|scripts|${tests})/`,
        pathNot: `(${lists.join("|")})\\.ts$`,
      },
    },
    {
      name: "triggers-are-data",
      comment: "Whoever reads the list of triggers gets none of the app with it.",
      severity: "error",
      from: { path: `${tree}functions/triggers\\.ts$` },
      to: { pathNot: "shared/store/resources\\.ts$" },
    },
    {
      name: "functions-call-the-app-only",
      comment: "A trigger file is its binding and one call into the composition root.",
      severity: "error",
      from: { path: `${tree}functions/`, pathNot: "functions/(index|triggers)\\.ts$" },
      to: {
        path: `${tree}(shared|functions)/`,
        pathNot: "shared/(compose/app|http/routes)\\.ts$|functions/triggers\\.ts$",
      },
    },
    {
      name: "adapters-only-in-compose",
      comment: "Only the composition root chooses adapters; adapters may share their vendor's pieces.",
      severity: "error",
      from: { path: `${tree}shared/`, pathNot: `shared/compose/|/${adapter}\\.ts$|${vendorPieces}` },
      to: { path: `${tree}shared/.*/${adapter}\\.ts$|${vendorPieces}` },
    },
    {
      name: "sdks-only-in-adapters",
      comment: "The domain and the use cases know no vendor.",
      severity: "error",
      from: { path: `${tree}shared/`, pathNot: `shared/compose/|/${adapter}\\.ts$|${vendorPieces}` },
      to: { path: "node_modules/(@azure/(?!functions/)|openid-client/)" },
    },
  ],
  required: [
    {
      name: "test-shared-mirrors-shared",
      comment:
        "A test stands in the folder of test/shared/ that mirrors the folder of shared/ it tests, and imports something of that. Move it there, or to test/product/ when it needs the whole product.",
      severity: "error",
      module: { path: "^(?:test/fixtures/rejected/)?test/shared/(.+)/[^/]+\\.ts$" },
      to: { path: "^(?:test/fixtures/rejected/)?shared/$1/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
  },
};
