import type { Arm } from "./arm-client.ts";
import { deployPackage } from "./one-deploy.ts";
import { storePackage } from "./package-store.ts";
import type { Package } from "./read-package.ts";
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
  readonly pack: Package;
  /**
   * Where the platform finds it: at a public address, or in this container,
   * `https://ACCOUNT.blob.core.windows.net/CONTAINER`.
   */
  readonly offer: { readonly url: string } | { readonly containerUrl: string };
}

const UPLOAD_MS = 30 * MINUTE;

/**
 * Publishes a package and waits until clients are served by it. Once more is the same again, so that a run that failed
 * anywhere is mended by the next. Throws a RequestError.
 */
export async function publish(deps: PublishDeps, publication: Publication): Promise<void> {
  const { world } = deps;
  const { appId, hostName, pack } = publication;
  world.log(`publishing ${pack.version}`);
  await deployPackage(deps, { appId, packageUri: await offerPackage(deps, publication) });
  await waitForVersion(world, { hostName, version: pack.version });
  world.log(`${hostName} serves ${pack.version}`);
}

async function offerPackage({ world, storage }: PublishDeps, { pack, offer }: Publication): Promise<string> {
  if ("url" in offer) return offer.url;
  const { bytes, sha256 } = pack;
  const upload = { ...offer, name: `${sha256}.zip`, bytes, deadline: world.now() + UPLOAD_MS };
  return storePackage({ world, send: storage }, upload);
}
