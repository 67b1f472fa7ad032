import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { installInfra } from "./install-infra.ts";

// `node scripts/with-infra.ts FILE ARGUMENT…`: runs a file that needs the packages of infra/.
const [node = process.execPath, , file = "", ...rest] = process.argv;
installInfra();
process.argv = [node, resolve(file), ...rest];
await import(pathToFileURL(resolve(file)).href);
