import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type ContainerClient, RestError } from "@azure/storage-blob";
import { getSetting } from "../app-settings.ts";
import { splitTarget } from "./request-path.ts";

const CONTAINER = "azure-webjobs-secrets";
/** After a key that it does not know, the host reads all keys again, but no more often. */
const RELOAD_MS = 60_000;
/** Those of the .NET SDK: a store that is away is told after about 6 s. */
const RETRIES = { maxTries: 4, retryDelayInMs: 800, maxRetryDelayInMs: 3_200 };

/**
 * The host's own keys, which let callers in to functions that are not `anonymous`. A request that brings what looks
 * like one (`x-functions-key`, `?code=`) makes the host read them whatever the function asks for, and make them when
 * there are none. Where that fails, the answer is a 500 without a body, and the function never runs
 * (azure-functions-host `FunctionInvocationMiddleware.cs`, `AuthenticationLevelHandler.cs`, `SecretManager.cs`). Nobody
 * is refused here: everyone is admin, as under Core Tools.
 */
export interface HostKeys {
  /** Rejects when the keys can be neither read nor made. */
  check(request: IncomingMessage, functionName: string): Promise<void>;
}

export interface KeyStore {
  read(name: string): Promise<string | undefined>;
  /** Keeps what is there. */
  create(name: string, content: string): Promise<void>;
}

function keyIn(request: IncomingMessage): string | undefined {
  const header = request.headers["x-functions-key"];
  if (header !== undefined) return String(header);
  const { query } = splitTarget(request.url ?? "/");
  return query.includes("code") ? (new URLSearchParams(query).get("code") ?? undefined) : undefined;
}

function makeKey(name: string): object {
  return { name, value: randomBytes(40).toString("base64").replaceAll("+", "a"), encrypted: false };
}

function makeHostKeys(): object {
  return { masterKey: makeKey("master"), functionKeys: [makeKey("default")], systemKeys: [] };
}

/** @param open called when keys are asked for, for the first time */
export function createHostKeys(open: () => Promise<KeyStore>, now: () => number = Date.now): HostKeys {
  const known = new Map<string, string>();
  let store: Promise<KeyStore> | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;

  async function load(name: string, makeKeys: () => object): Promise<string> {
    const cached = known.get(name);
    if (cached !== undefined) return cached;
    store ??= open();
    const keys = await store;
    let content = await keys.read(name);
    if (content === undefined) {
      content = JSON.stringify({ ...makeKeys(), source: "runtime" });
      await keys.create(name, content);
      content = (await keys.read(name)) ?? content;
    }
    known.set(name, content);
    return content;
  }

  /** The keys of the host and of the function, and whether this is one of them. */
  async function isKnown(key: string, functionName: string): Promise<boolean> {
    const texts = [
      await load("host.json", makeHostKeys),
      await load(`${functionName.toLowerCase()}.json`, () => ({ keys: [makeKey("default")] })),
    ];
    return texts.some((text) => text.includes(JSON.stringify(key)));
  }

  return {
    check: async (request, functionName) => {
      const key = keyIn(request);
      if (!key || (await isKnown(key, functionName)) || now() - loadedAt < RELOAD_MS) return;
      loadedAt = now();
      known.clear();
      await isKnown(key, functionName);
    },
  };
}

/** Keys in the app's storage account (`BlobStorageSecretsRepository.cs`); in memory for an app that has none. */
export async function openKeyStore(hostId: string): Promise<KeyStore> {
  const isSet = ["", "__blobServiceUri", "__serviceUri", "__accountName"].some((end) =>
    getSetting(`AzureWebJobsStorage${end}`),
  );
  if (!isSet) return createMemoryStore();
  const { createBlobService } = await import("../blob-service.ts");
  const service = createBlobService("Storage", { retryOptions: RETRIES });
  return createBlobStore(service.getContainerClient(CONTAINER), hostId.toLowerCase());
}

function createMemoryStore(): KeyStore {
  const contents = new Map<string, string>();
  return {
    read: async (name) => contents.get(name),
    create: async (name, content) => void (contents.has(name) || contents.set(name, content)),
  };
}

function createBlobStore(container: ContainerClient, folder: string): KeyStore {
  const blobOf = (name: string) => container.getBlockBlobClient(`${folder}/${name}`);
  return {
    read: async (name) => {
      if (!(await container.exists())) await container.createIfNotExists();
      const blob = blobOf(name);
      return (await blob.exists()) ? (await blob.downloadToBuffer()).toString() : undefined;
    },
    create: async (name, content) => {
      const conditions = { ifNoneMatch: "*" };
      await blobOf(name)
        .upload(content, Buffer.byteLength(content), { conditions })
        .catch((error: unknown) => {
          // Another request, or another host, has made them meanwhile.
          if (!(error instanceof RestError) || error.code !== "BlobAlreadyExists") throw error;
        });
    },
  };
}
