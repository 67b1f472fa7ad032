import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const infra = new URL("../../../infra/", import.meta.url);
/** What infra/ has installed, and this folder has not. */
const load = createRequire(new URL("package.json", infra));

export interface Diagnostic {
  readonly policyname: string;
  readonly policypackname: string;
  readonly message: string;
}

export interface RunningPack {
  /** What the pack says of a resource of `prod`. */
  analyze(type: string, properties: Readonly<Record<string, unknown>>): Promise<readonly Diagnostic[]>;
  stop(): void;
}

/** Starts the policy pack in Pulumi's own runner, as `pulumi preview --policy-pack policy` does. */
export async function startPack(): Promise<RunningPack> {
  const runner = load.resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js");
  // No engine listens there: the pack asks none.
  const child = spawn(process.execPath, [runner, "127.0.0.1:1", "."], {
    cwd: fileURLToPath(new URL("policy/", infra)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await firstLine(child.stdout);
  const { AnalyzerClient } = load("@pulumi/pulumi/proto/analyzer_grpc_pb.js");
  const grpc = load("@grpc/grpc-js");
  const client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return {
    analyze: (type, properties) =>
      new Promise((resolve, reject) => {
        client.analyze(toRequest(type, properties), (error: Error | null, answer: Answer) =>
          error ? reject(error) : resolve(answer.toObject().diagnosticsList),
        );
      }),
    stop: () => {
      client.close();
      child.kill();
    },
  };
}

interface Answer {
  toObject(): { readonly diagnosticsList: readonly Diagnostic[] };
}

function toRequest(type: string, properties: Readonly<Record<string, unknown>>): unknown {
  const { AnalyzeRequest, AnalyzerResourceOptions } = load("@pulumi/pulumi/proto/analyzer_pb.js");
  const { Struct } = load("google-protobuf/google/protobuf/struct_pb.js");
  const request = new AnalyzeRequest();
  request.setType(type);
  request.setName("it");
  request.setUrn(`urn:pulumi:prod::headrace::${type}::it`);
  request.setProperties(Struct.fromJavaScript(properties));
  request.setOptions(new AnalyzerResourceOptions());
  return request;
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const text of stream.setEncoding("utf8")) return String(text).trim();
  throw new Error("the pack ended without a port");
}
