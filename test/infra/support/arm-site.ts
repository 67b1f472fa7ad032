import { readZipEntry } from "../../../infra/arm/read-zip-entry.ts";
import { type Answer, type Asked, armError, MANAGEMENT, type Part } from "./arm-server.ts";

interface Options {
  readonly appId: string;
  /** What the platform finds at an address; undefined: it cannot be fetched. */
  fetchPackage(uri: string): Buffer | undefined;
  /** Deployments that end as `403`, as long as the app's role is not known to storage. */
  readonly forbiddenFor?: number;
  /** Reads of `/api/health/ready` until the new version answers. */
  readonly slowFor?: number;
}

/** Front Door's own names. */
const FRONT_DOOR = ".azurefd.net";

export interface SiteOfOurs {
  readonly part: Part;
  /** What runs: a package's version. */
  version: string;
  /** Every package that was deployed, by version. */
  readonly deployed: string[];
  /** The next deployment is taken, and fails at its end. */
  failAtEnd: boolean;
  /** Checks of `/api/health/ready` that fail. */
  ill: readonly string[];
}

/**
 * A function app on Flex Consumption behind Front Door: `extensions/onedeploy`, and `/api/health/ready` at Front Door's
 * name.
 */
export function createSite({ appId, fetchPackage, forbiddenFor = 0, slowFor = 0 }: Options): SiteOfOurs {
  const deployment = `${appId}/extensions/onedeploy`;
  let forbidden = forbiddenFor;
  let slow = 0;
  let looks = 0;
  let state: { status: number; message: string } | undefined;

  const deploy = ({ body }: Asked): Answer => {
    const { properties } = JSON.parse(body.toString()) as { properties: { packageUri: string; remoteBuild: boolean } };
    const bytes = fetchPackage(properties.packageUri);
    if (!bytes) return armError(400, "BadRequest", `Failed to download package from '${properties.packageUri}'.`);
    looks = 0;
    if (forbidden-- > 0)
      state = { status: 3, message: "InaccessibleStorageException: 403 (This request is not authorized)." };
    else if (site.failAtEnd) state = { status: 3, message: "The package could not be mounted." };
    else {
      const { version } = JSON.parse(readZipEntry(bytes, "package.json")?.toString() ?? "{}") as { version: string };
      site.deployed.push(version);
      site.version = version;
      slow = slowFor;
      state = { status: 4, message: "" };
    }
    return { status: 202, body: { properties: { status: 1, status_text: "Building" } } };
  };
  /** Under way for two looks. */
  const lookAtDeployment = (): Answer => {
    if (state === undefined) return armError(404, "NotFound", "There was no deployment.");
    const shown = looks++ < 2 ? { status: 2, status_text: "Deploying" } : { ...state, status_text: "" };
    return { status: 200, body: { properties: shown } };
  };
  const ready = (): Answer => {
    if (slow-- > 0) return { status: 503, body: "<html>Our services aren't available right now</html>" };
    const checks = site.ill.map((name) => ({ name, ok: false, required: true, ms: 1 }));
    const ok = checks.length === 0;
    return { status: ok ? 200 : 503, body: { status: ok ? "ready" : "not_ready", version: site.version, checks } };
  };
  const site: SiteOfOurs = {
    version: "0.0.1+old",
    deployed: [],
    failAtEnd: false,
    ill: [],
    part: (asked) => {
      const { host, method, path } = asked;
      if (host.endsWith(FRONT_DOOR) && path === "/api/health/ready") return ready();
      if (host !== MANAGEMENT || path !== deployment) return undefined;
      return method === "PUT" ? deploy(asked) : lookAtDeployment();
    },
  };
  return site;
}
