import { assumed } from "../assumptions.ts";
import { type Charge, chargesOf } from "../charge.ts";
import { ofType } from "../planned.ts";
import type { Stack } from "../stack.ts";
import { GB, monthly } from "../units.ts";

/**
 * Private Link to origins and the firewall are in the base fee; what an origin answers is not billed
 * (articles/frontdoor/billing.md).
 */
export function chargeFrontDoor({ planned, flow }: Stack): Charge[] {
  const requests = monthly(flow.requests);
  const profiles = ofType(planned, "cdn:Profile").flatMap((profile) =>
    chargesOf(profile, {
      frontDoorBase: 1,
      frontDoorRequests: requests / 10_000,
      frontDoorToOrigin: (requests * (flow.bodyBytes + assumed("requestBytes"))) / GB,
      frontDoorToClient: (requests * assumed("answerBytes")) / GB,
    }),
  );
  return [...profiles, ...ofType(planned, "frontdoor:Policy").flatMap((policy) => chargesOf(policy, { firewall: 1 }))];
}
