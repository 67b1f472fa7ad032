import type { z } from "zod";
import { suffixOf } from "./names.ts";
import type { Problem } from "./problem.ts";
import { toRegionName } from "./regions.ts";
import { guid, type Settings, settingsSchema } from "./schema.ts";
import { findSecrets } from "./secrets.ts";
import { checkTogether } from "./together.ts";

export { type Settings, settingsSchema };

export interface StackConfig {
  readonly stack: string;
  /** All keys with their project: `headrace:zones`, `azure-native:location`. Objects are JSON. */
  readonly values: Readonly<Record<string, string>>;
  /** The keys that are encrypted in the stack's file. */
  readonly secretKeys: readonly string[];
}

const PROJECT = "headrace:";

/** Reads the stack's configuration. Throws an Error that names each key that is missing or wrong, and what to write. */
export function readSettings({ stack, values, secretKeys }: StackConfig): Settings {
  const own = Object.entries(values).filter(([key]) => key.startsWith(PROJECT));
  const parsed = settingsSchema.safeParse(
    Object.fromEntries(own.map(([key, value]) => [key.slice(PROJECT.length), parseValue(value)])),
  );
  const problems = [
    ...findSecrets(values, secretKeys),
    ...(parsed.success ? [] : parsed.error.issues.flatMap(toProblems)),
    ...checkProvider(values),
  ];
  if (!parsed.success || problems.length > 0) throw refusal(stack, problems);
  const settings = complete(parsed.data, stack, values);
  const later = checkTogether(settings);
  if (later.length > 0) throw refusal(stack, later);
  return settings;
}

/** Numbers, yes and no, and objects arrive as JSON. */
function parseValue(value: string): unknown {
  if (!/^(true$|false$|-?\d+(\.\d+)?$|[{[])/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function toProblems(issue: z.core.$ZodIssue): Problem[] {
  const key = PROJECT + issue.path.join(".");
  if (issue.code !== "unrecognized_keys") return [{ key, message: issue.message }];
  const inside = issue.path.length === 0 ? PROJECT : `${key}.`;
  return issue.keys.map((name) => ({ key: inside + name, message: issue.message }));
}

/** The keys of the provider that decide where everything goes. */
function checkProvider(values: StackConfig["values"]): Problem[] {
  const wanted = {
    "azure-native:subscriptionId": guid("the subscription's id"),
    "azure-native:tenantId": guid("the tenant's id"),
  };
  const problems = Object.entries(wanted).flatMap(([key, schema]) => {
    const parsed = schema.safeParse(values[key]);
    return parsed.success ? [] : [{ key, message: parsed.error.issues[0]?.message ?? "is wrong" }];
  });
  if (!values["azure-native:location"])
    problems.push({ key: "azure-native:location", message: "write the region, such as westeurope" });
  if ((values["azure-native:environment"] ?? "public") !== "public")
    problems.push({
      key: "azure-native:environment",
      message: "write public, or take it out: names and addresses of other clouds differ",
    });
  return problems;
}

function complete(parsed: z.output<typeof settingsSchema>, stack: string, values: StackConfig["values"]): Settings {
  const location = toRegionName(values["azure-native:location"] ?? "");
  const subscriptionId = values["azure-native:subscriptionId"] ?? "";
  const given = parsed.edge.privateLinkLocations.map(toRegionName);
  return {
    ...parsed,
    stack,
    location,
    subscriptionId,
    tenantId: values["azure-native:tenantId"] ?? "",
    suffix: parsed.suffix ?? suffixOf(subscriptionId, parsed.name, stack),
    privateLinkLocations: given.length > 0 ? given : [location],
  };
}

function refusal(stack: string, problems: readonly Problem[]): Error {
  const lines = new Set(problems.map(({ key, message }) => `  - ${key}: ${message}`));
  return new Error(
    `Nothing was created: the configuration of the stack ${stack} is incomplete or wrong\n${[...lines].join("\n")}\n` +
      "Change them with `pulumi config set --path KEY VALUE`, or in the stack's file.",
  );
}
