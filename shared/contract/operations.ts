import type { Limits } from "../config.ts";
import type { RouteName } from "../http/routes.ts";
import { dialectOperations } from "./dialects.ts";
import { eventOperations } from "./events.ts";
import { jobOperations } from "./jobs.ts";
import type { Operation } from "./operation.ts";
import { operatorOperations } from "./operator.ts";
import { peopleOperations } from "./people.ts";
import { quarantineOperations } from "./quarantine.ts";
import { schemaOperations } from "./schemas.ts";
import { serviceOperations } from "./service.ts";
import { signInOperations } from "./sign-in.ts";

/** What the contract says of each route. A row of the table that it says nothing of does not compile. */
export function operationsOf(limits: Limits): Readonly<Record<RouteName, Operation>> {
  return {
    ...eventOperations(limits),
    ...dialectOperations,
    ...quarantineOperations,
    ...schemaOperations,
    ...jobOperations,
    ...peopleOperations,
    ...signInOperations,
    ...operatorOperations,
    ...serviceOperations,
  };
}
