import { readFileSync, writeFileSync } from "node:fs";
import { mutate, withoutEach } from "../../test/infra/support/mutations.ts";
import { weaken } from "../../test/infra/support/weaken.ts";
import { appliesTo, findAllBroken, findBroken, isHeld } from "./find-broken.ts";
import { rules } from "./rules.ts";

const runs = JSON.parse(readFileSync("/tmp/rtrial/runs.json", "utf8"));
const held = rules.filter(isHeld);
const across = held.filter((r) => r.check.across);
const t = Date.now();
let n = 0;
const out: string[] = [];
for (const key of process.argv.slice(2)) {
  const stack = key === "dev" ? "dev" : "prod";
  const base = runs[key].registrations;
  const clean = [...findAllBroken(rules, { stack, resources: base })];
  for (const f of clean) console.log("BROKEN", f.rule.ids[0], f.message.slice(0, 200));
  const killed = (regs: any[]) => {
    const changed = regs.find((r) => !base.includes(r));
    const world = { stack, resources: regs };
    if (changed)
      for (const rule of held)
        if (appliesTo(rule, changed, stack) && !findBroken(rule, rule.check, changed, world).next().done) return true;
    for (const rule of across)
      for (const r of regs)
        if (appliesTo(rule, r, stack) && !findBroken(rule, rule.check, r, world).next().done) return true;
    return false;
  };
  for (const m of [
    ...mutate(
      base.filter((r: any) => r.custom),
      weaken,
    ),
  ]) {
    n++;
    if (!killed(m.registrations as any[])) out.push(m.what);
  }
  for (const m of withoutEach(base.filter((r: any) => r.custom))) {
    n++;
    if (!killed(m.registrations as any[])) out.push(m.what);
  }
}
console.log(n, "mutations", out.length, "survivors", Date.now() - t, "ms");
writeFileSync("/tmp/rtrial/survivors.txt", out.join("\n"));
