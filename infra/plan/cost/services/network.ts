import { assumed } from "../assumptions.ts";
import { type Charge, chargesOf } from "../charge.ts";
import { ofType, type Planned, textAt } from "../planned.ts";
import type { Stack } from "../stack.ts";
import { GB, HOURS, monthly } from "../units.ts";

export function chargeNetwork(stack: Stack): Charge[] {
  const { planned, runs, awake } = stack;
  const outGb = monthly(runs * assumed("telemetryBytes")) / GB;
  return [
    ...ofType(planned, "network:PrivateEndpoint").flatMap((endpoint) => chargeEndpoint(endpoint, stack)),
    ...ofType(planned, "privatedns:PrivateZone").flatMap((zone, index) =>
      chargesOf(zone, {
        privateZone: 1,
        // All of them together, with the first.
        privateZoneQueries: index === 0 ? monthly(awake * assumed("lookups")) / 1e6 : 0,
      }),
    ),
    ...ofType(planned, "network:NatGateway").flatMap((gateway) =>
      // Telemetry, before it is sampled. Sign-in keys, webhooks and the rest are little beside it.
      chargesOf(gateway, { natGateway: HOURS, natData: outGb }),
    ),
    ...ofType(planned, "network:PublicIPAddress").flatMap((address) => chargesOf(address, { publicAddress: HOURS })),
  ];
}

function chargeEndpoint(endpoint: Planned, stack: Stack): Charge[] {
  const [into, outOf] = bytesOf(textAt(endpoint, "privateLinkServiceConnections.0.groupIds.0"), stack);
  return chargesOf(endpoint, {
    endpoint: HOURS,
    endpointIn: monthly(into) / GB,
    endpointOut: monthly(outOf) / GB,
  });
}

/** In a second, into the service and out of it. Vault and tables carry next to nothing. */
function bytesOf(service: string, { flow }: Stack): readonly [into: number, outOf: number] {
  const workItemBytes = flow.hubBytes * assumed("textShare");
  const carried: Readonly<Record<string, readonly [number, number]>> = {
    namespace: [flow.hubBytes, flow.hubBytes],
    Sql: [flow.storedBytes, flow.cosmosRequests * assumed("cosmosAnswerBytes")],
    queue: [workItemBytes, workItemBytes],
    blob: [flow.blobOperations * assumed("requestBytes"), flow.blobOperations * assumed("answerBytes")],
  };
  return carried[service] ?? [0, 0];
}
