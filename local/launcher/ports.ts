import type { Ready } from "./child.ts";
import { type ServiceName, serviceNames } from "./service-names.ts";

/** TCP ports by service; 0 takes any free one. */
export type Ports = Readonly<Record<ServiceName, number>>;

export const defaultPorts: Ports = {
  "functions-host": 7071,
  cosmos: 8081,
  "event-hubs": 5672,
  blob: 10000,
  queue: 10001,
  "key-vault": 8443,
  "managed-identity": 8442,
  "openid-provider": 7072,
};
export const freePorts = Object.fromEntries(serviceNames.map((name) => [name, 0])) as Ports;

/** The port a service listens on, from its ready line. */
export function portOf({ endpoint, baseUrl }: Ready): number {
  return Number(new URL(endpoint ?? baseUrl ?? "").port);
}
