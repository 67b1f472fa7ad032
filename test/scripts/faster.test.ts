import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { hashV2PartitionKey } from "../../scripts/faster/hash-partition-key.ts";
import { type Replacement, replaceModules, replacements } from "../../scripts/faster/replace-modules.ts";

describe("hashing of partition keys", () => {
  let original: typeof hashV2PartitionKey;
  beforeAll(async () => {
    const file = join(process.cwd(), "node_modules/@azure/cosmos/dist/esm/utils/hashing/v2.js");
    ({ hashV2PartitionKey: original } = (await import(pathToFileURL(file).href)) as {
      hashV2PartitionKey: typeof original;
    });
  });

  it("gives the same hash as the SDK", () => {
    const component = fc.oneof(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, undefined, {}, "", "\ud800"),
    );
    const same = (key: readonly (string | number | boolean | null | undefined | object)[]): void => {
      expect(hashV2PartitionKey(key)).toBe(original(key));
    };
    fc.assert(
      fc.property(component, (one) => same([one])),
      { numRuns: 5_000 },
    );
    fc.assert(fc.property(fc.array(component, { maxLength: 4 }), same), { numRuns: 1_000 });
    // Of every length around the blocks of 16, and longer than the room that it begins with.
    for (let length = 0; length < 70; length++) same(["x".repeat(length)]);
    same(["é".repeat(2_000)]);
    same(["after a long one"]);
  });
});

describe("a replacement in the bundle", () => {
  const [known] = replacements;
  if (!known) throw new Error("there is no replacement to test with");

  async function bundle(wanted: readonly Replacement[], code: string): Promise<string> {
    const result = await build({
      stdin: { contents: code, resolveDir: process.cwd() },
      ...{ bundle: true, write: false, platform: "node", format: "esm", metafile: true, logLevel: "silent" },
      plugins: [replaceModules(wanted)],
    });
    return result.outputFiles[0]?.text ?? "";
  }

  it("takes the place of the module", async () => {
    const text = await bundle([known], 'import { CosmosClient } from "@azure/cosmos"; console.log(CosmosClient);');
    expect(text).toContain("encodeInto");
  });

  it("takes Nagle's algorithm out of AMQP connections", async () => {
    const text = await bundle(
      replacements,
      'import { EventHubProducerClient } from "@azure/event-hubs"; console.log(EventHubProducerClient);',
    );
    // The option, and the library's look at it.
    expect(text).toMatch(/reconnect: false,\s*tcp_no_delay: true,/);
    expect(text).toContain('get_option("tcp_no_delay"');
  });

  it("is refused when the module has changed, or is gone", async () => {
    const code = 'import { CosmosClient } from "@azure/cosmos"; console.log(CosmosClient);';
    await expect(bundle([{ ...known, sha256: "0" }], code)).rejects.toThrow(
      /v2\.js has changed \(SHA-256 [0-9a-f]{64}\)/,
    );
    const gone = { ...known, path: "@azure/cosmos/dist/esm/utils/gone.js" };
    await expect(bundle([gone], code)).rejects.toThrow(/gone\.js is not in the bundle any more/);
  });
});
