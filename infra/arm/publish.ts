import type { Arm } from "./arm-client.ts";
import { deployPackage } from "./one-deploy.ts";
import { storePackage } from "./package-store.ts";
import { type Package, type Release, readPackage } from "./read-package.ts";
import type { Send } from "./send.ts";
import { waitForVersion } from "./wait-for-version.ts";
import { MINUTE, type World } from "./world.ts";

export interface PublishDeps {
  readonly world: World;
  readonly arm: Arm;
  /** With tokens for storage. */
  readonly storage: Send;
}

export interface Publication {
  /** ARM's id of the app. */
  readonly appId: string;
  /** Front Door's own name. */
  readonly hostName: string;
  readonly release: Release;
}

const UPLOAD_MS = 30 * MINUTE;

/**
 * Publishes a release and waits until clients are served by it. Its hash is checked before anything is sent. Once more is the same again, so that
 * a run that failed anywhere is mended by the next. Throws an Error.
 */
export async function publish(deps: PublishDeps, { appId, hostName, release }: Publication): Promise<void> {
  const { world } = deps;
  const read = await readPackage(world, release);
  world.log(`publishing ${read.version}`);
  await deployPackage(deps, { appId, packageUri: await offer(deps, release, read) });
  await waitForVersion(world, { hostName, version: read.version });
  world.log(`${hostName} serves ${read.version}`);
}

/** Where the platform can fetch it from. */
async function offer(
  { world, storage }: PublishDeps,
  { source, sha256 }: Release,
  { bytes }: Package,
): Promise<string> {
  if ("url" in source) return source.url;
  const { containerUrl } = source;
  const upload = { containerUrl, name: `${sha256}.zip`, bytes, deadline: world.now() + UPLOAD_MS };
  return storePackage({ world, send: storage }, upload);
}
