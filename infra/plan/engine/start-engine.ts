import * as grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import monitorServices from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import { createDeployment, type Deployment, type DeploymentOptions } from "./deployment.ts";
import { createLog, createMonitor, type MonitorOptions } from "./monitor.ts";

export interface Engine {
  /** Where the language runtime finds it: host and port. */
  readonly address: string;
  readonly deployment: Deployment;
  close(): void;
}

/** Starts the two services that a Pulumi program talks to, on a free port of this machine. */
export async function startEngine(options: DeploymentOptions & MonitorOptions): Promise<Engine> {
  const deployment = createDeployment(options);
  const server = new grpc.Server();
  server.addService(monitorServices.ResourceMonitorService, createMonitor(deployment, options));
  server.addService(engineServices.EngineService, createLog(deployment));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, deployment, close: () => server.forceShutdown() };
}
