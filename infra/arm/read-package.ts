import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { jsonOf } from "./json.ts";
import { readZipEntry } from "./read-zip-entry.ts";
import { createSend } from "./send.ts";
import { MINUTE, type World } from "./world.ts";

/** What is to run: `version` and `sha256` as the configuration says. */
export interface Release {
  readonly version: string;
  readonly sha256: string;
  /** A public address of the package, or a file of this machine. */
  readonly source: { readonly url: string } | { readonly file: string };
}

export interface Package {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly sha256: string;
  /** What the app answers once it runs: the release's version, and which build of it. */
  readonly version: string;
}

const manifest = z.looseObject({ version: z.string().min(1) });

/**
 * Fetches the package and holds it against what the configuration says. Throws an Error that names the key to change.
 */
export async function readPackage(world: World, release: Release): Promise<Package> {
  const bytes = await load(world, release);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== release.sha256)
    throw refusal("sha256", `${nameOf(release)} has the SHA-256 ${found}, not ${release.sha256}`);
  const version = readVersion(bytes, release);
  // What follows a plus says which build it is (SemVer 2.0, section 10).
  if (version.split("+")[0] !== release.version)
    throw refusal("version", `${nameOf(release)} is version ${version}, not ${release.version}`);
  return { bytes, sha256: found, version };
}

async function load(world: World, release: Release): Promise<Buffer<ArrayBuffer>> {
  const { source } = release;
  if ("file" in source) {
    const bytes = await readFile(source.file).catch((error: NodeJS.ErrnoException) => {
      throw refusal(
        "upload.file",
        `${source.file} cannot be read (${error.code}): \`npm run build\` and zip dist, or write where it is`,
      );
    });
    return Buffer.from(bytes);
  }
  const deadline = world.now() + 10 * MINUTE;
  const what = `fetch the package from ${source.url}`;
  const help = { 404: "Write the address of a release that is there in headrace:release.url." };
  const answer = await createSend(world)({
    what,
    method: "GET",
    url: source.url,
    followRedirects: true,
    deadline,
    help,
  });
  return Buffer.from(answer.bytes);
}

function readVersion(bytes: Buffer, release: Release): string {
  let text: Buffer | undefined;
  try {
    text = readZipEntry(bytes, "package.json");
  } catch (error) {
    throw refusal("source", `${nameOf(release)}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = manifest.safeParse(jsonOf(text?.toString() ?? ""));
  if (parsed.success) return parsed.data.version;
  throw refusal(
    "source",
    `${nameOf(release)} has no package.json with a version at its top: zip what is in dist, not dist itself`,
  );
}

function nameOf({ source }: Release): string {
  return "file" in source ? source.file : source.url;
}

function refusal(key: string, problem: string): Error {
  return new Error(`Nothing was published. headrace:release${key === "source" ? "" : `.${key}`}: ${problem}.`);
}
