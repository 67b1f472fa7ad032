import { expect, it } from "vitest";
import { drawDiagram } from "../../../infra/plan/diagram.ts";
import type { Registration } from "../../../infra/plan/engine/registration.ts";
import { printCost, printResources } from "../../../infra/plan/print.ts";
import type { Run } from "../../../infra/plan/run-program.ts";
import { registrationOf } from "../support/registration.ts";

const group = "/subscriptions/s/resourceGroups/rg";
const vaultId = `${group}/providers/Microsoft.KeyVault/vaults/kv`;

function runOf(resources: readonly (readonly [Registration, id: string])[]): Run {
  return {
    registrations: resources.map(([registration]) => registration),
    state: Object.fromEntries(
      resources.map(([registration, id]) => [registration.urn, { registration, id, outputs: {} }]),
    ),
    changes: [],
    hookRuns: [],
    outputs: {},
    logs: [],
    printed: "",
    exitCode: 0,
  };
}

const data = registrationOf("headrace:data:KeyVault", {}, { custom: false, name: "key-vault" });
const edge = registrationOf("headrace:edge:FrontDoor", {}, { custom: false, name: "front-door" });
const compute = registrationOf("headrace:compute:FunctionApp", {}, { custom: false, name: "app" });
const run = runOf([
  [registrationOf("azure-native:resources:ResourceGroup", {}, { protect: true }), group],
  [data, ""],
  [registrationOf("azure-native:keyvault:Vault", {}, { parent: data.urn, protect: true }), vaultId],
  [
    registrationOf("azure-native:authorization:RoleAssignment", { scope: vaultId }),
    `${vaultId}/providers/Microsoft.Authorization/roleAssignments/a`,
  ],
  [compute, ""],
  [
    registrationOf("azure-native:web:WebApp", { settings: ["https://kv.vault.azure.net/"] }, { parent: compute.urn }),
    `${group}/providers/Microsoft.Web/sites/app`,
  ],
  [edge, ""],
  [
    registrationOf("azure-native:cdn:Profile", {}, { parent: edge.urn }),
    `${group}/providers/Microsoft.Cdn/profiles/fd`,
  ],
  ...["one", "two"].map(
    (name) =>
      [
        registrationOf(
          "azure-native:cdn:AFDOrigin",
          { sharedPrivateLinkResource: { privateLink: { id: `${group}/providers/Microsoft.Web/sites/app` } } },
          { name, parent: edge.urn },
        ),
        `${group}/providers/Microsoft.Cdn/profiles/fd/originGroups/g/origins/${name}`,
      ] as const,
  ),
]);

it("a diagram has a node for each resource with its parts, by room, and an arrow for what its inputs name", () => {
  expect(drawDiagram(run)).toBe(
    [
      "flowchart LR",
      "  internet((Internet))",
      "  subgraph edge",
      '    edge_cdnProfile["cdnProfile fd<br/>2 × Origin"]',
      "  end",
      "  subgraph compute",
      '    compute_WebApp["WebApp app"]',
      "  end",
      "  subgraph data",
      '    data_Vault["Vault kv"]',
      "  end",
      "  internet --> edge_cdnProfile",
      "  compute_WebApp --> data_Vault",
      "  edge_cdnProfile --> compute_WebApp",
    ].join("\n"),
  );
});

it("the list has every resource by component with its name in Azure, and marks what is protected", () => {
  const text = printResources("prod", run);
  expect(text).toMatch(/^prod: 7 resources, of which Pulumi deletes and replaces 2 only when told twice \(\*\)$/m);
  expect(text).toMatch(/^ {2}data:KeyVault key-vault\n {4}\* keyvault:Vault +kv$/m);
  expect(text).toMatch(/^ {4} {2}cdn:AFDOrigin +two$/m);
});

it("the cost has a line for each meter, marks prices that are second-hand, and says what a million events are", () => {
  const line = {
    resource: "keyvault:Vault vault",
    meter: "Operations",
    quantity: 1234.5,
    unit: "10,000 operations",
    price: 0.03,
  };
  const cost = { lines: [{ ...line, monthly: 37.04, firstHand: false }], total: 2628 };
  const text = printCost(cost, { eventsPerSecond: 1000, eventBytes: 700 });
  expect(text.split("\n")).toEqual([
    expect.stringContaining("1,000 events/s of 700 bytes"),
    "  ~      37.04  keyvault:Vault vault: Operations, 1,234.5 10,000 operations at 0.03",
    "       2628.00  in all",
    "          1.00  for a million events",
  ]);
  expect(printCost(cost, { eventsPerSecond: 0, eventBytes: 700 })).not.toContain("for a million events");
});
