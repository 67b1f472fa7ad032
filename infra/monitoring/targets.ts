import type * as pulumi from "@pulumi/pulumi";

/** What is watched, by the names that alerts and log categories use. */
export type Target =
  | "frontDoor"
  | "app"
  | "eventHubs"
  | "cosmos"
  | "keyVault"
  | "storage"
  | "blobs"
  | "queues"
  | "natGateway";

export type TargetIds = Readonly<Record<Target, pulumi.Input<string>>>;
