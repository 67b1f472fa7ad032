import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { BlobCheckpointStore } from "@azure/eventhubs-checkpointstore-blob";
import { ContainerClient } from "@azure/storage-blob";
import { onTestFinished } from "vitest";

const SCRIPT = createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");
// The account and key that every Azurite has.
const ACCOUNT = "devstoreaccount1";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Checkpoints in a blob container of an Azurite that lives as long as the test. */
export async function startCheckpointStore(): Promise<BlobCheckpointStore> {
  const args = [SCRIPT, "--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGTERM");
  });
  const endpoint = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      const [, address] =
        /successfully listens? on (\S+)|successfully listening at (\S+)/.exec(output)?.filter(Boolean) ?? [];
      if (address) resolve(address);
    });
    child.once("exit", (code) => reject(new Error(`azurite ended with ${code}: ${output}`)));
  });
  const account = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint}/${ACCOUNT};`;
  const container = new ContainerClient(account, "checkpoints");
  await container.createIfNotExists();
  return new BlobCheckpointStore(container);
}
