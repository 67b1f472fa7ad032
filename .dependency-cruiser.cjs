/** The direction of dependencies: functions → app → use cases → domain. `test/scripts/checks.test.ts` shows that each rule rejects. */
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
      name: "deployed-code-knows-no-local-code",
      comment: "Nothing that is deployed imports what is not.",
      severity: "error",
      from: { path: "^(test/fixtures/rejected/)?(functions|shared)/" },
      to: { path: "^(test/fixtures/rejected/)?(local|bench|scripts)/|^test/(?!fixtures/rejected/)" },
    },
    {
      name: "functions-call-the-app-only",
      comment: "A trigger file is its binding and one call into the composition root.",
      severity: "error",
      from: { path: "^(test/fixtures/rejected/)?functions/(http|eventhub|queue|timer)/" },
      to: {
        path: "^(test/fixtures/rejected/)?(shared|functions)/",
        pathNot: "shared/(compose/app|pipeline/work-queue)\\.ts$",
      },
    },
    {
      name: "shared-knows-no-functions",
      comment: "Functions call; nothing calls them but the host.",
      severity: "error",
      from: { path: "^(test/fixtures/rejected/)?shared/" },
      to: { path: "^(test/fixtures/rejected/)?functions/" },
    },
    {
      name: "adapters-only-in-app",
      comment: "Only the composition root chooses adapters; adapters may share their vendor's pieces.",
      severity: "error",
      from: {
        path: "^(test/fixtures/rejected/)?shared/",
        pathNot:
          "shared/compose/app\\.ts$|/(azure|blob|cosmos|event-hubs|key-vault|storage|openid)-[^/]+\\.ts$|shared/store/create-documents\\.ts$",
      },
      to: {
        path: "^(test/fixtures/rejected/)?shared/.*/((azure|blob|cosmos|event-hubs|key-vault|storage|openid)-[^/]+|cosmos|create-documents|credential)\\.ts$",
      },
    },
    {
      name: "sdks-only-in-adapters",
      comment: "The domain and the use cases know no vendor.",
      severity: "error",
      from: {
        path: "^(test/fixtures/rejected/)?shared/",
        pathNot:
          "shared/compose/app\\.ts$|/(azure|blob|cosmos|event-hubs|key-vault|storage|openid)-[^/]+\\.ts$|shared/store/(cosmos|create-documents|credential)\\.ts$",
      },
      to: { path: "node_modules/(@azure/(?!functions/)|openid-client/)" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
  },
};
