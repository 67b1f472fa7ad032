import * as grpc from "@grpc/grpc-js";
import callbackServices from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import callbacks from "@pulumi/pulumi/proto/callback_pb.js";
import resources from "@pulumi/pulumi/proto/resource_pb.js";
import type { Properties } from "./values.ts";
import { toStruct } from "./wire.ts";

/** A run of one hook. */
export interface HookRun {
  readonly hook: string;
  readonly event: string;
  readonly urn: string;
  /** What it threw. */
  readonly error?: string;
}

export interface HookCall {
  readonly urn: string;
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly newInputs?: Properties | undefined;
  readonly oldInputs?: Properties | undefined;
  readonly newOutputs?: Properties | undefined;
  readonly oldOutputs?: Properties | undefined;
}

export interface RegisteredHook {
  readonly target: string;
  readonly token: string;
  readonly onPreview: boolean;
  readonly ignoreErrors: boolean;
}

/** Calls a hook in the program's own process. Resolves to what it threw, or to undefined. */
export async function callHook(hook: RegisteredHook, call: HookCall): Promise<string | undefined> {
  const client = new callbackServices.CallbacksClient(hook.target, grpc.credentials.createInsecure());
  const request = new callbacks.CallbackInvokeRequest();
  request.setToken(hook.token);
  request.setRequest(toRequest(call).serializeBinary());
  try {
    const response = await new Promise<InstanceType<typeof callbacks.CallbackInvokeResponse>>((resolve, reject) => {
      client.invoke(request, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
    return resources.ResourceHookResponse.deserializeBinary(response.getResponse_asU8()).getError() || undefined;
  } finally {
    client.close();
  }
}

function toRequest(call: HookCall): InstanceType<typeof resources.ResourceHookRequest> {
  const request = new resources.ResourceHookRequest();
  request.setUrn(call.urn);
  request.setId(call.id);
  request.setName(call.name);
  request.setType(call.type);
  if (call.newInputs) request.setNewInputs(toStruct(call.newInputs));
  if (call.oldInputs) request.setOldInputs(toStruct(call.oldInputs));
  if (call.newOutputs) request.setNewOutputs(toStruct(call.newOutputs));
  if (call.oldOutputs) request.setOldOutputs(toStruct(call.oldOutputs));
  return request;
}
