import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { makeUsualContract } from "./contract/usual-contract.ts";

/** Before a release goes out: keeps its contract, which the next one is compared with. */
const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
await writeFile("docs/openapi/v1.json", `${JSON.stringify(makeUsualContract(version), undefined, 1)}\n`);
process.stdout.write(`docs/openapi/v1.json has the contract of ${version}\n`);
