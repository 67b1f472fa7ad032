import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Registration } from "../../../infra/plan/engine/registration.ts";
import { type Run, runProgram } from "../../../infra/plan/run-program.ts";
import { copyProgram } from "./copy-program.ts";
import { id, monitoring, release } from "./stack-config.ts";

const INFRA = fileURLToPath(new URL("../../../infra/", import.meta.url));

const complete: Readonly<Record<string, unknown>> = {
  "azure-native:location": "westeurope",
  "azure-native:subscriptionId": id,
  "azure-native:tenantId": id,
  "headrace:operator": { clientId: id },
  "headrace:monitoring": monitoring,
  "headrace:release": release,
};

export interface EdgeRun extends Run {
  /** All of a type, such as `cdn:Route`. */
  all(type: string): readonly Registration[];
  /** The only one. */
  the(type: string): Registration;
}

/** Runs the edge and the monitoring alone, with these settings of a stack `prod` besides those that it must have. */
export async function runEdge(changes: Readonly<Record<string, unknown>> = {}, preview = false): Promise<EdgeRun> {
  const folder = await copyProgram("edge");
  const config = Object.entries({ ...complete, ...changes }).map(([key, value]): [string, string] => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  try {
    const run = await runProgram({
      stack: "prod",
      preview,
      folder,
      config: Object.fromEntries(config),
      env: { INFRA },
    });
    if (run.exitCode !== 0) throw new Error([...run.logs.map(({ message }) => message), run.printed].join("\n"));
    const all = (type: string) => run.registrations.filter((each) => each.type === `azure-native:${type}`);
    const the = (type: string): Registration => {
      const [one, ...others] = all(type);
      if (one === undefined || others.length > 0) throw new Error(`${others.length + (one ? 1 : 0)} of ${type}`);
      return one;
    };
    return { ...run, all, the };
  } finally {
    await rm(folder, { recursive: true });
  }
}
