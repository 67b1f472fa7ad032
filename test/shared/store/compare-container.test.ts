import { expect, it } from "vitest";
import { compareContainer, type FoundContainer } from "../../../shared/store/compare-container.ts";
import { toContainerResource } from "../../../shared/store/container-resource.ts";
import { type ContainerDefinition, containers } from "../../../shared/store/containers.ts";

const definitions = Object.values<ContainerDefinition>(containers);
const { events, ledger, registry } = containers;
const asMade: FoundContainer = toContainerResource(events);

it.each(definitions.map((definition) => [definition.id, definition] as const))(
  "the container %s, as it is made, lacks nothing, nor with more indexes and what the service adds",
  (_id, definition) => {
    const made = toContainerResource(definition);
    expect(compareContainer(definition, made)).toEqual([]);
    const { indexingPolicy } = made;
    const more = {
      ...made,
      indexingPolicy: {
        ...indexingPolicy,
        includedPaths: [...indexingPolicy.includedPaths, { path: "/more/?" }],
        excludedPaths: [...indexingPolicy.excludedPaths, { path: '/"_etag"/?' }],
      },
    };
    expect(compareContainer(definition, more)).toEqual([]);
    const everything = { ...indexingPolicy, includedPaths: [{ path: "/*" }], excludedPaths: [] };
    expect(compareContainer(definition, { ...made, indexingPolicy: everything })).toEqual([]);
  },
);

it.each<[string, FoundContainer, string]>([
  [
    "another partition key",
    { ...asMade, partitionKey: { paths: ["/org_id"] } },
    "the container events is partitioned by /org_id, and must be by /org_id, /id",
  ],
  [
    "no time to live",
    { ...asMade, defaultTtl: undefined },
    "the time to live of the container events is off, and must be -1",
  ],
  ["a time to live", { ...asMade, defaultTtl: 60 }, "the time to live of the container events is 60, and must be -1"],
  [
    "one index less",
    { ...asMade, indexingPolicy: withoutPath("/user_id/?") },
    "the container events lacks the index on /user_id/?",
  ],
  [
    "one composite index less",
    { ...asMade, indexingPolicy: { ...asMade.indexingPolicy, compositeIndexes: compositesOf().slice(1) } },
    "the container events lacks the composite index on /org_id descending, /timestamp descending, /id descending",
  ],
  [
    "a composite index in another direction",
    {
      ...asMade,
      indexingPolicy: { ...asMade.indexingPolicy, compositeIndexes: [...ascending(), ...compositesOf().slice(1)] },
    },
    "the container events lacks the composite index on /org_id descending, /timestamp descending, /id descending",
  ],
])("%s is named", (_what, found, said) => {
  expect(compareContainer(events, found)).toEqual([said]);
});

it("where no document has a time to live of its own, it may be on without a default", () => {
  const made = toContainerResource(registry);
  expect(compareContainer(registry, { ...made, defaultTtl: -1 })).toEqual([]);
  expect(compareContainer(registry, { ...made, defaultTtl: 3_600 })).toEqual([
    "the time to live of the container registry is 3600, and must be off",
  ]);
});

it("a container without any of it lacks everything", () => {
  expect(compareContainer(ledger, {})).toEqual([
    "the container ledger is partitioned by nothing, and must be by /org_id, /slot",
  ]);
  const { partitionKey } = toContainerResource(ledger);
  expect(compareContainer(ledger, { partitionKey })).toHaveLength(ledger.indexedPaths.length + 1);
});

function withoutPath(path: string): FoundContainer["indexingPolicy"] {
  const includedPaths = asMade.indexingPolicy?.includedPaths?.filter((one) => one.path !== path) ?? [];
  return { ...asMade.indexingPolicy, includedPaths };
}

function compositesOf() {
  return asMade.indexingPolicy?.compositeIndexes ?? [];
}

/** The first one, without a direction: the service's default. */
function ascending() {
  return compositesOf()
    .slice(0, 1)
    .map((index) => index.map(({ path }) => ({ path })));
}
