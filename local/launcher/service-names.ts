/** The services in the order in which they are shown. The Functions host ends first, the others after it. */
export const serviceNames = [
  "functions-host",
  "cosmos",
  "event-hubs",
  "blob",
  "queue",
  "key-vault",
  "managed-identity",
  "openid-provider",
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** A second Functions host on the same services. It is there only while someone wants it, on any free port. */
export const secondHost = "second-host";
export type ProcessName = ServiceName | typeof secondHost;
