import { stripVTControlCharacters } from "node:util";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { LogRequest, SetRootResourceRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";
import type {
  RegisterResourceHookRequest,
  RegisterResourceOutputsRequest,
  RegisterResourceRequest,
  ResourceInvokeRequest,
  SupportsFeatureRequest,
} from "@pulumi/pulumi/proto/resource_pb.js";
import resources from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Deployment } from "./deployment.ts";
import { fromRequest } from "./from-request.ts";
import { callFunction, type Deployer } from "./functions.ts";
import { toUrn } from "./urn.ts";
import { decode, type Properties } from "./values.ts";
import { method, toStruct } from "./wire.ts";

/** What the program may use; without a feature its use is an error. */
const features = new Set([
  "secrets",
  "resourceReferences",
  "outputValues",
  "aliasSpecs",
  "deletedWith",
  "resourceHooks",
]);

export interface MonitorOptions {
  readonly project: string;
  readonly stack: string;
  readonly deployer: Deployer;
}

/** The service that a Pulumi program tells its resources. */
export function createMonitor(deployment: Deployment, options: MonitorOptions): UntypedServiceImplementation {
  return {
    supportsFeature: method((request: SupportsFeatureRequest) => {
      const response = new resources.SupportsFeatureResponse();
      response.setHassupport(features.has(request.getId()));
      return response;
    }),
    invoke: method((request: ResourceInvokeRequest) => {
      const response = new resources.ResourceInvokeResponse();
      response.setReturn(toStruct(callFunction(request.getTok(), options.deployer)));
      return response;
    }),
    registerResource: method((request: RegisterResourceRequest) => registerResource(deployment, options, request)),
    registerResourceOutputs: method((request: RegisterResourceOutputsRequest) => {
      const { properties } = decode((request.getOutputs()?.toJavaScript() ?? {}) as Properties);
      deployment.recorded.outputs.set(request.getUrn(), properties);
      return new empty.Empty();
    }),
    registerResourceHook: method((request: RegisterResourceHookRequest) => {
      deployment.hooks.register(request.getName(), {
        target: request.getCallback()?.getTarget() ?? "",
        token: request.getCallback()?.getToken() ?? "",
        onPreview: request.getOnDryRun(),
        ignoreErrors: request.getIgnoreErrors(),
      });
      return new empty.Empty();
    }),
    signalAndWaitForShutdown: method(async () => {
      // The program has ended well, and hears no more of this.
      await deployment.finish().catch((error: Error) => {
        deployment.recorded.logs.push({ severity: "error", message: error.message });
      });
      return new empty.Empty();
    }),
  };
}

async function registerResource(deployment: Deployment, options: MonitorOptions, request: RegisterResourceRequest) {
  const urn = toUrn(options, request.getParent(), request.getType(), request.getName());
  const { id, outputs } = await deployment.register(fromRequest(request, urn));
  const response = new resources.RegisterResourceResponse();
  response.setUrn(urn);
  response.setId(id);
  response.setObject(toStruct(outputs));
  return response;
}

const severities = {
  [engineMessages.LogSeverity.WARNING]: "warning",
  [engineMessages.LogSeverity.ERROR]: "error",
} as const;

/** The service that takes the program's messages and knows the stack's own resource. */
export function createLog(deployment: Deployment): UntypedServiceImplementation {
  let root = "";
  return {
    log: method((request: LogRequest) => {
      if (request.getSeverity() !== engineMessages.LogSeverity.DEBUG)
        deployment.recorded.logs.push({
          severity: severities[request.getSeverity() as keyof typeof severities] ?? "info",
          message: stripVTControlCharacters(request.getMessage()),
          ...(request.getUrn() === "" ? {} : { urn: request.getUrn() }),
        });
      return new empty.Empty();
    }),
    getRootResource: method(() => {
      const response = new engineMessages.GetRootResourceResponse();
      response.setUrn(root);
      return response;
    }),
    setRootResource: method((request: SetRootResourceRequest) => {
      root = request.getUrn();
      return new engineMessages.SetRootResourceResponse();
    }),
  };
}
