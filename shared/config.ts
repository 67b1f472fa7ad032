import process from "node:process";
import { z } from "zod";

/** A connection is a connection string, or a host reached with the function app's managed identity. */
export type Connection = { readonly connectionString: string } | { readonly host: string };

export interface Limits {
  readonly bodyBytes: number;
  readonly unpackedBytes: number;
  readonly events: number;
  readonly eventBytes: number;
  readonly eventTypes: number;
}

export interface Config {
  readonly eventHubs: Connection;
  readonly eventHubName: string;
  readonly blobs: Connection;
  readonly queues: Connection;
  readonly cosmos: { readonly endpoint: string; readonly key: string | undefined };
  /** The user-assigned identity to use; the system-assigned one when undefined. */
  readonly managedIdentityClientId: string | undefined;
  readonly keyVault: { readonly url: string; readonly skipChallengeCheck: boolean };
  readonly secretCacheMs: number;
  readonly signingKeyMs: number;
  readonly receiptKeyMs: number;
  readonly tokens: { readonly issuer: string; readonly audience: string; readonly lifetimeSeconds: number };
  readonly operator: {
    readonly entra: { readonly issuer: string; readonly audience: string; readonly role: string } | undefined;
    readonly keyHash: string | undefined;
  };
  readonly limits: Limits;
  /** Origins at which people reach us; none means this machine's own. */
  readonly origins: readonly string[];
  readonly identityProviders: readonly ProviderSetting[];
  /** How long a line of an org's audit trail is kept; undefined: for ever. */
  readonly auditSeconds: number | undefined;
  /** The Front Door profile in front, if there is one. */
  readonly frontDoorId: string | undefined;
  /** The header in which another platform says where a request comes from. */
  readonly clientAddressHeader: string;
  /** Milliseconds until an answer about an API key is asked for again. */
  readonly credentialRefreshMs: number;
  /** Milliseconds until revocations and suspensions are asked for again. */
  readonly revocationPollMs: number;
}

const KIB = 1024;
const bytes = (initial: number) =>
  z.coerce
    .number()
    .int()
    .min(KIB)
    .max(100 * KIB * KIB)
    .default(initial);
const count = (initial: number, max: number) => z.coerce.number().int().min(1).max(max).default(initial);

const providerSetting = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,32}$/, "expected 1 to 32 of a-z, 0-9 and -"),
    name: z.string().min(1).max(50),
    issuer: z.url(),
    client_id: z.string().min(1),
    client_secret_name: z.string().regex(/^[0-9A-Za-z-]{1,127}$/, "expected the name of a Key Vault secret"),
  })
  .transform(({ client_id, client_secret_name, ...rest }) => ({
    ...rest,
    clientId: client_id,
    clientSecretName: client_secret_name,
  }));
export type ProviderSetting = z.output<typeof providerSetting>;

const originSetting = z
  .url()
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    "expected an origin, such as https://app.example.com",
  );

const days = (initial: number) => z.coerce.number().min(0.0001).max(3650).default(initial);
const DAY_MS = 24 * 3600 * 1000;

/**
 * Settings by the names that they have in the environment. `docs/configuration.md` is generated from the descriptions.
 */
export const settings = z.object({
  EventHubConnection: z.string().min(1).optional().describe("Event Hubs connection string, for local use"),
  EventHubConnection__fullyQualifiedNamespace: z
    .string()
    .min(1)
    .optional()
    .describe("Event Hubs namespace, reached with managed identity: `name.servicebus.windows.net`"),
  EVENT_HUB_NAME: z.string().min(1).describe("The event hub that envelopes go through"),
  AzureWebJobsStorage: z.string().min(1).optional().describe("Storage connection string, for local use"),
  AzureWebJobsStorage__blobServiceUri: z.url().optional().describe("Blob endpoint, reached with managed identity"),
  AzureWebJobsStorage__queueServiceUri: z.url().optional().describe("Queue endpoint, reached with managed identity"),
  COSMOS_ENDPOINT: z.url().describe("Cosmos DB account endpoint"),
  COSMOS_KEY: z.string().min(1).optional().describe("Cosmos DB key, for local use; managed identity without it"),
  AZURE_CLIENT_ID: z.string().min(1).optional().describe("Client id of the user-assigned managed identity"),
  KEY_VAULT_URL: z.url().describe("Key Vault, reached with managed identity: `https://name.vault.azure.net`"),
  KEY_VAULT_SKIP_CHALLENGE_CHECK: z
    .stringbool()
    .default(false)
    .describe("`true` for an emulator of Key Vault, whose host is not under `vault.azure.net`"),
  HEADRACE_SECRET_CACHE_SECONDS: z.coerce
    .number()
    .min(1)
    .max(3600)
    .default(300)
    .describe("Age that secrets in memory reach at most while Key Vault answers; a new key takes effect after it"),
  HEADRACE_SIGNING_KEY_DAYS: days(30).describe(
    "Age at which the key that signs access tokens is followed by a new one",
  ),
  HEADRACE_RECEIPT_KEY_DAYS: days(365).describe("The same for the key that signs receipts and cursors"),
  HEADRACE_TOKEN_SECONDS: z.coerce
    .number()
    .int()
    .min(10)
    .max(86_400)
    .default(3_600)
    .describe("How long an access token lives"),
  HEADRACE_TOKEN_ISSUER: z
    .string()
    .min(1)
    .default("urn:headrace")
    .describe("`iss` of access tokens, and the only one accepted: one of its own for each deployment"),
  HEADRACE_TOKEN_AUDIENCE: z.string().min(1).default("urn:headrace:api").describe("`aud` of access tokens, likewise"),
  HEADRACE_OPERATOR_ISSUER: z
    .url()
    .optional()
    .describe("Issuer of the operator's tokens: `https://login.microsoftonline.com/<tenant id>/v2.0`"),
  HEADRACE_OPERATOR_AUDIENCE: z
    .string()
    .min(1)
    .optional()
    .describe("`aud` of the operator's tokens: the app's client id"),
  HEADRACE_OPERATOR_ROLE: z
    .string()
    .min(1)
    .default("Headrace.Operator")
    .describe("App role that makes the bearer of such a token an operator"),
  HEADRACE_OPERATOR_KEY_SHA256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe("SHA-256 of a local operator's key, hex; `npm start` makes both. Not for Azure"),
  HEADRACE_ORIGINS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((one) => one !== ""))
    .pipe(z.array(originSetting))
    .describe(
      "Origins at which people reach the API, comma-separated, such as `https://app.example.com`. Without it, people can sign in on this machine only",
    ),
  HEADRACE_IDENTITY_PROVIDERS: z
    .string()
    .default("[]")
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue("expected JSON");
        return z.NEVER;
      }
    })
    .pipe(z.array(providerSetting))
    .describe(
      'OpenID providers that people sign in with: JSON, a list of `{"id", "name", "issuer", "client_id", "client_secret_name"}`; the last is the name of a Key Vault secret',
    ),
  HEADRACE_CLIENT_ADDRESS_HEADER: z
    .string()
    .default("x-forwarded-for")
    .refine(
      (name) => name.toLowerCase() !== "x-azure-socketip",
      "set HEADRACE_FRONT_DOOR_ID instead: without it anyone can send that header",
    )
    .describe(
      "The header whose last address the platform sets, for the audit trail. Without effect behind Front Door, whose own is `X-Azure-SocketIP`",
    ),
  HEADRACE_FRONT_DOOR_ID: z
    .guid()
    .optional()
    .describe(
      "Id of the Front Door profile in front (`frontDoorId`). With it, requests without it in `X-Azure-FDID` are refused with 403 but for the health routes, and the client's address and host are those that Front Door says",
    ),
  HEADRACE_AUDIT_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3650)
    .default(400)
    .describe("How long a line of an org's audit trail is kept from when it was written; `0`: for ever"),
  HEADRACE_MAX_BODY_BYTES: bytes(4 * KIB * KIB).describe("Largest body as sent, in bytes"),
  HEADRACE_MAX_UNPACKED_BYTES: bytes(20 * KIB * KIB).describe("Largest body unpacked, in bytes"),
  // An envelope's entry of the ledger and what it adds fit one transaction: shared/ingest/check-events.ts.
  HEADRACE_MAX_EVENTS: count(5_000, 25_000).describe("Most events in a request"),
  HEADRACE_MAX_EVENT_BYTES: z.coerce
    .number()
    .int()
    .min(KIB)
    .max(1_800 * KIB)
    .default(256 * KIB)
    .describe("Largest event, in bytes of JSON; a Cosmos DB document takes 2 MB"),
  HEADRACE_MAX_EVENT_TYPES: count(1_000, 1_000).describe("Most different event types in a request"),
  HEADRACE_CREDENTIAL_REFRESH_SECONDS: z.coerce
    .number()
    .min(0)
    .max(900)
    .default(300)
    .describe(
      "Age at which what is known of an org's API keys is asked for again. A revoked one is refused within 30 s all the same",
    ),
  HEADRACE_REVOCATION_POLL_SECONDS: z.coerce
    .number()
    .min(0)
    .max(20)
    .default(10)
    .describe("Age at which revocations and suspensions are asked for again; they are honoured within 30 s"),
});

/**
 * Reads the settings from the environment, once. Throws an Error that names every setting that is missing or wrong,
 * so that the function app does not start half configured.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = settings.safeParse(withoutEmpty(env));
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path[0]?.toString()}: ${issue.message}`);
  const pick = (name: string, connection: string, host: string): Connection => {
    const connectionString = env[connection];
    if (connectionString) return { connectionString };
    const value = env[host];
    if (value) return { host: value };
    problems.push(`${connection} or ${host}: one of them must be set (${name})`);
    return { host: "" };
  };
  const eventHubs = pick("Event Hubs", "EventHubConnection", "EventHubConnection__fullyQualifiedNamespace");
  const blobs = pick("blobs", "AzureWebJobsStorage", "AzureWebJobsStorage__blobServiceUri");
  const queues = pick("queues", "AzureWebJobsStorage", "AzureWebJobsStorage__queueServiceUri");
  if (Boolean(env.HEADRACE_OPERATOR_ISSUER) !== Boolean(env.HEADRACE_OPERATOR_AUDIENCE))
    problems.push("HEADRACE_OPERATOR_ISSUER and HEADRACE_OPERATOR_AUDIENCE: set both, or none");
  if (!parsed.success || problems.length > 0) {
    throw new Error(
      `Headrace cannot start: settings are missing or wrong\n${problems.map((p) => `  - ${p}`).join("\n")}`,
    );
  }
  return toConfig(parsed.data, { eventHubs, blobs, queues });
}

function toConfig(
  value: z.infer<typeof settings>,
  connections: Pick<Config, "eventHubs" | "blobs" | "queues">,
): Config {
  return {
    ...connections,
    eventHubName: value.EVENT_HUB_NAME,
    cosmos: { endpoint: value.COSMOS_ENDPOINT, key: value.COSMOS_KEY },
    managedIdentityClientId: value.AZURE_CLIENT_ID,
    origins: value.HEADRACE_ORIGINS,
    identityProviders: value.HEADRACE_IDENTITY_PROVIDERS,
    auditSeconds: value.HEADRACE_AUDIT_DAYS === 0 ? undefined : value.HEADRACE_AUDIT_DAYS * 24 * 3600,
    frontDoorId: value.HEADRACE_FRONT_DOOR_ID,
    clientAddressHeader: value.HEADRACE_CLIENT_ADDRESS_HEADER,
    keyVault: { url: value.KEY_VAULT_URL, skipChallengeCheck: value.KEY_VAULT_SKIP_CHALLENGE_CHECK },
    secretCacheMs: value.HEADRACE_SECRET_CACHE_SECONDS * 1000,
    signingKeyMs: value.HEADRACE_SIGNING_KEY_DAYS * DAY_MS,
    receiptKeyMs: value.HEADRACE_RECEIPT_KEY_DAYS * DAY_MS,
    tokens: {
      issuer: value.HEADRACE_TOKEN_ISSUER,
      audience: value.HEADRACE_TOKEN_AUDIENCE,
      lifetimeSeconds: value.HEADRACE_TOKEN_SECONDS,
    },
    operator: { entra: operatorOf(value), keyHash: value.HEADRACE_OPERATOR_KEY_SHA256 },
    limits: {
      bodyBytes: value.HEADRACE_MAX_BODY_BYTES,
      unpackedBytes: value.HEADRACE_MAX_UNPACKED_BYTES,
      events: value.HEADRACE_MAX_EVENTS,
      eventBytes: value.HEADRACE_MAX_EVENT_BYTES,
      eventTypes: value.HEADRACE_MAX_EVENT_TYPES,
    },
    credentialRefreshMs: value.HEADRACE_CREDENTIAL_REFRESH_SECONDS * 1000,
    revocationPollMs: value.HEADRACE_REVOCATION_POLL_SECONDS * 1000,
  };
}

/** Where the platform gives out tokens of the app's managed identity. */
export interface IdentityEndpoint {
  readonly endpoint: string;
  /** The value of `X-IDENTITY-HEADER`. */
  readonly header: string;
}

/**
 * The one part of the environment that is read at each call, since it is the platform's: it rotates the header.
 * Undefined where there is no managed identity.
 */
export function readIdentityEndpoint(
  env: Readonly<Record<string, string | undefined>> = process.env,
): IdentityEndpoint | undefined {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = env;
  return endpoint && header ? { endpoint, header } : undefined;
}

function operatorOf(value: z.infer<typeof settings>): Config["operator"]["entra"] {
  const { HEADRACE_OPERATOR_ISSUER: issuer, HEADRACE_OPERATOR_AUDIENCE: audience } = value;
  if (issuer === undefined || audience === undefined) return undefined;
  return { issuer, audience, role: value.HEADRACE_OPERATOR_ROLE };
}

/** `X=` in a settings file means "not set". */
function withoutEmpty(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}
