import { backgroundFunctions } from "../../functions/triggers.ts";
import { problemOfAppSetting, problemOfValue } from "./app-settings.ts";
import type { Problem } from "./problem.ts";
import type { Settings } from "./schema.ts";

/** What the platform or the app itself would refuse, or ignore. */
export function checkApp(settings: Settings): Problem[] {
  const { app } = settings;
  const wrongSettings = Object.entries(app.settings).flatMap(([name, value]) => {
    const message = problemOfAppSetting(name, value);
    return message === undefined ? [] : [{ key: `headrace:app.settings.${name}`, message }];
  });
  const providers = problemOfValue("HEADRACE_IDENTITY_PROVIDERS", JSON.stringify(app.identityProviders));
  return [
    ...checkAlwaysReady(settings),
    ...wrongSettings,
    ...(providers === undefined ? [] : [{ key: "headrace:app.identityProviders", message: providers }]),
    ...checkUpload(settings),
  ];
}

/** HTTP functions scale as one group, all others each for itself. */
const scaled = ["http", ...backgroundFunctions.map((name) => `function:${name}`)];
/** With zones the platform keeps two of each group in any case, and bills them. */
const ZONES = 2;

function checkAlwaysReady({ app: { alwaysReady, maxInstances }, zones }: Settings): Problem[] {
  const key = "headrace:app.alwaysReady";
  const problems = Object.entries(alwaysReady).flatMap(([name, instances]) => {
    if (!scaled.includes(name))
      return [
        { key: `${key}.${name}`, message: `there is no such group or function: write one of ${scaled.join(", ")}` },
      ];
    if (zones && instances < ZONES)
      return [{ key: `${key}.${name}`, message: `write ${ZONES} or more: with zones fewer are not possible` }];
    return [];
  });
  const most = Math.max(0, ...Object.values(alwaysReady));
  if (most > maxInstances)
    problems.push({ key, message: `write ${maxInstances} at most, as headrace:app.maxInstances says, or raise that` });
  return problems;
}

function checkUpload({ release }: Settings): Problem[] {
  return (release.upload?.from ?? [])
    .filter((address) => !isPublicAddress(address))
    .map((address) => ({
      key: "headrace:release.upload.from",
      message: `"${address}" is not a public IPv4 address: write the one that the deployer is seen with, such as 203.0.113.7`,
    }));
}

function isPublicAddress(text: string): boolean {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return false;
  const [a = 0, b = 0] = parts.map(Number);
  const isPrivate = a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168);
  return !isPrivate && a !== 0 && a !== 127 && a < 224 && !(a === 169 && b === 254);
}
