import process from "node:process";
import { runCommand } from "../cli/command.ts";
import { runRecord } from "./record/run-record.ts";

await runCommand("record", (args) =>
  runRecord(args, {
    print: (text) => void process.stdout.write(text),
    say: (line) => void process.stderr.write(`${line}\n`),
  }),
);
