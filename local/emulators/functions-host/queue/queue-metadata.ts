import type { DequeuedMessageItem } from "@azure/storage-queue";
import type { TypedData } from "../core-types.ts";
import { bindingDataOf } from "../listener.ts";

/** .NET's `DateTimeOffset` in JSON: Storage's times have whole seconds and are UTC. */
function formatTime(date: Date): TypedData {
  return { json: JSON.stringify(`${date.toISOString().slice(0, 19)}+00:00`) };
}

/**
 * The values that the queue extension binds beside the message (azure-sdk-for-net
 * `QueueTriggerAttributeBindingProvider.cs`).
 */
export function queueTriggerMetadata(message: DequeuedMessageItem, text: string): Record<string, TypedData> {
  return {
    QueueTrigger: { string: text },
    // A .NET long, and so JSON (azure-functions-host `GrpcMessageConversionExtensions.ToRpc`).
    DequeueCount: { json: String(message.dequeueCount) },
    ExpirationTime: formatTime(message.expiresOn),
    Id: { string: message.messageId },
    InsertionTime: formatTime(message.insertedOn),
    NextVisibleTime: formatTime(message.nextVisibleOn),
    PopReceipt: { string: message.popReceipt },
    ...bindingDataOf(text),
  };
}
