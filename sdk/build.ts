import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const folder = import.meta.dirname;
rmSync(join(folder, "dist"), { recursive: true, force: true });
execFileSync(process.execPath, [join(folder, "../node_modules/typescript-7/bin/tsc"), "-p", folder], {
  stdio: "inherit",
});
