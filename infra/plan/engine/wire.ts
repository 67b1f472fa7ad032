import type * as grpc from "@grpc/grpc-js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { Properties } from "./values.ts";

export function toStruct(properties: Properties): InstanceType<typeof struct.Struct> {
  // A Struct has no undefined.
  return struct.Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));
}

/** A gRPC method of a function that takes the request and gives the answer; what it throws is the call's error. */
export function method<Request, Answer>(
  handle: (request: Request) => Answer | Promise<Answer>,
): grpc.handleUnaryCall<Request, Answer> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handle)
      .then(
        (answer) => callback(null, answer),
        (error: Error) => callback({ code: UNKNOWN_ERROR, details: error.message }),
      );
  };
}

/** gRPC's status UNKNOWN. */
const UNKNOWN_ERROR = 2;
