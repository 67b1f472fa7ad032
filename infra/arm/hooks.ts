import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { approveConnection } from "./approve-connection.ts";
import { createOutside } from "./outside.ts";
import { preflight } from "./preflight.ts";
import { publish } from "./publish.ts";
import { type Package, type Release, readPackage } from "./read-package.ts";
import type { Wanted } from "./wanted.ts";

/** What of the stack's settings is looked at here. */
export interface HookSettings extends Pick<Wanted, "subscriptionId" | "location" | "zones" | "privateLinkLocations"> {
  readonly app: {
    readonly memoryMb: number;
    readonly maxInstances: number;
    readonly alwaysReady: Readonly<Record<string, number>>;
  };
  readonly release: {
    readonly version: string;
    readonly sha256: string;
    readonly url?: string | undefined;
    readonly upload?: { readonly file: string } | undefined;
  };
}

export interface ApprovalArgs {
  readonly appId: pulumi.Input<string>;
  /** As the origin has it. */
  readonly requestMessage: pulumi.Input<string>;
  readonly originId: pulumi.Input<string>;
}

export interface ReleaseArgs {
  readonly appId: pulumi.Input<string>;
  /** Front Door's own name. */
  readonly hostName: pulumi.Input<string>;
  /** Where a file is put for the platform: `https://ACCOUNT.blob.core.windows.net/CONTAINER`. */
  readonly containerUrl?: pulumi.Input<string> | undefined;
}

export interface Hooks {
  /** Of the resource group, which everything is in: before it nothing is there. */
  readonly resourceGroup: pulumi.ResourceHookBinding;
  /** Of the app, whose memory may have changed. */
  readonly app: pulumi.ResourceHookBinding;
  /** Of each origin: Front Door asks for its connection whenever the origin is made or changed. */
  readonly origin: pulumi.ResourceHookBinding;
  /** Stands in the state once the origin's connection is approved. What needs the way through depends on it. */
  markApproved(name: string, args: ApprovalArgs, opts?: pulumi.CustomResourceOptions): pulumi.Stash;
  /** Stands in the state once clients are served by the release. */
  markPublished(name: string, args: ReleaseArgs, opts?: pulumi.CustomResourceOptions): pulumi.Stash;
}

/** The program's folder, which the configuration's paths start from. */
const FOLDER = resolve(import.meta.dirname, "..");

/**
 * What `pulumi up` does besides resources. Pulumi takes a resource as made though a hook after it has failed, and then
 * runs no hook of it until it changes again (pulumi/pulumi#21899). So the deeds are hooks *before* a mark: a deed that
 * failed leaves no mark, and the next update tries again. Marks are `pulumi.Stash`: nothing on Azure.
 */
export function createHooks(settings: HookSettings): Hooks {
  const outside = createOutside();
  const release = releaseOf(settings);
  let pack: Promise<Package> | undefined;
  /** Once for all that ask: it may be a download. */
  const readOnce = (): Promise<Package> => {
    pack ??= readPackage(outside.world, release);
    return pack;
  };
  const look = (name: string, isNew: boolean) =>
    new pulumi.ResourceHook(name, () => preflight(outside.arm, wantedOf(settings), { isNew }), { onDryRun: true });
  const check = new pulumi.ResourceHook("check-package", async () => void (await readOnce()), { onDryRun: true });
  const approve = new pulumi.ResourceHook("approve-connection", ({ newInputs }) =>
    approveConnection(outside, approvalOf(newInputs)),
  );
  const deploy = new pulumi.ResourceHook("publish", async ({ newInputs }) => {
    const { appId, hostName, containerUrl = "" } = publishedShape.parse(newInputs).input;
    const offer = "url" in release.source ? { url: release.source.url } : { containerUrl };
    await publish(outside, { appId, hostName, pack: await readOnce(), offer });
  });
  const before = (...hooks: pulumi.ResourceHook[]) => ({ beforeCreate: hooks, beforeUpdate: hooks });

  return {
    resourceGroup: { beforeCreate: [look("preflight", true), check] },
    app: { beforeUpdate: [look("preflight-of-change", false)] },
    origin: { afterCreate: [approve], afterUpdate: [approve] },
    markApproved: (name, input, opts) => new pulumi.Stash(name, { input }, { ...opts, hooks: before(approve) }),
    markPublished: (name, args, opts) => {
      const input = { ...args, version: release.version, sha256: release.sha256 };
      return new pulumi.Stash(name, { input }, { ...opts, hooks: before(check, deploy) });
    },
  };
}

const publishedShape = z.object({
  input: z.object({ appId: z.string(), hostName: z.string(), containerUrl: z.string().optional() }),
});
const message = z.string().min(1);
const originShape = z.object({
  sharedPrivateLinkResource: z.object({ privateLink: z.object({ id: z.string() }), requestMessage: message }),
});
const approvedShape = z.object({ input: z.object({ appId: z.string(), requestMessage: message }) });

/** From an origin's inputs, or a mark's. */
function approvalOf(inputs: unknown): { readonly appId: string; readonly requestMessage: string } {
  const mark = approvedShape.safeParse(inputs);
  if (mark.success) return mark.data.input;
  const { privateLink, requestMessage } = originShape.parse(inputs).sharedPrivateLinkResource;
  return { appId: privateLink.id, requestMessage };
}

function wantedOf({ app, ...settings }: HookSettings): Wanted {
  const { subscriptionId, location, zones, privateLinkLocations } = settings;
  const alwaysReady = Object.values(app.alwaysReady).reduce((sum, instances) => sum + instances, 0);
  const { memoryMb, maxInstances } = app;
  return { subscriptionId, location, zones, privateLinkLocations, memoryMb, maxInstances, alwaysReady };
}

function releaseOf({ release: { version, sha256, url, upload } }: HookSettings): Release {
  const source = url === undefined ? { file: resolve(FOLDER, upload?.file ?? "") } : { url };
  return { version, sha256, source };
}
