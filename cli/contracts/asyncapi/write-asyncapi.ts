import type { Contract, ContractVersion } from "../contract-files.ts";
import { toDraft07 } from "./to-draft-07.ts";

type Json = Record<string, unknown>;

interface Sent {
  readonly contract: Contract;
  readonly version: ContractVersion;
  readonly key: string;
}

/**
 * The events that may be sent, as AsyncAPI 3: a message for each version that judges. Drafts and retired versions are
 * not among them.
 *
 * @param url of the Headrace that takes them; without one the document names no server
 */
export function toAsyncApi(contracts: readonly Contract[], url?: string): Json {
  const sent = nameAll(contracts);
  return {
    asyncapi: "3.0.0",
    info: { title: "Events", version: "1", description: "Written by `npx headrace contracts export` from contracts." },
    defaultContentType: "application/json",
    ...(url !== undefined && { servers: { headrace: toServer(url) } }),
    channels: {
      events: {
        address: "/api/v1/events",
        messages: Object.fromEntries(sent.map(({ key }) => [key, { $ref: `#/components/messages/${key}` }])),
      },
    },
    operations: {
      sendEvents: {
        action: "send",
        channel: { $ref: "#/channels/events" },
        bindings: { http: { method: "POST", bindingVersion: "0.3.0" } },
      },
    },
    components: {
      messages: Object.fromEntries(sent.map((one) => [one.key, toMessage(one)])),
      schemas: Object.fromEntries(sent.map((one) => [one.key, toDraft07(one.version.schema, toHome(one)).schema])),
    },
  };
}

const toHome = ({ key }: Sent): string => `#/components/schemas/${key}`;

/** Keys of AsyncAPI have letters of ASCII, digits and `._-`. */
function nameAll(contracts: readonly Contract[]): Sent[] {
  const taken = new Set<string>();
  const judging = contracts.flatMap((contract) =>
    contract.versions
      .filter(({ status }) => status === "active" || status === "deprecated")
      .map((version) => ({ contract, version })),
  );
  return judging.map(({ contract, version }) => {
    const plain = `${contract.event_type.replaceAll(/[^\w.-]/g, "-")}_v${version.version}`;
    let key = plain;
    for (let more = 2; taken.has(key); more++) key = `${plain}-${more}`;
    taken.add(key);
    return { contract, version, key };
  });
}

function toServer(url: string): Json {
  const { host, protocol, pathname } = new URL(url);
  return { host, protocol: protocol.replace(":", ""), ...(pathname !== "/" && { pathname }) };
}

function toMessage(sent: Sent): Json {
  const { contract, version } = sent;
  const { event_type, owner, description, mode } = contract;
  const says = [description, version.description].filter((text) => text !== "").join("\n\n");
  return {
    name: event_type,
    title: `${event_type}, version ${version.version}`,
    ...(says !== "" && { description: says }),
    contentType: "application/json",
    payload: toPayload(sent),
    ...(version.examples.length > 0 && {
      examples: version.examples.map((properties) => ({
        payload: { event_type, schema_version: version.version, properties },
      })),
    }),
    "x-headrace": { version: version.version, status: version.status, mode, ...(owner && { owner }) },
  };
}

/** An event that names no version is held against the oldest active one. */
function toPayload(sent: Sent): Json {
  const { contract, version } = sent;
  const oldest = contract.versions.find(({ status }) => status === "active")?.version;
  const named = ["event_type", ...(version.version === oldest ? [] : ["schema_version"]), "properties"];
  return {
    type: "object",
    required: named,
    properties: {
      event_type: { const: contract.event_type },
      schema_version: { const: version.version },
      event_id: { type: "string" },
      timestamp: { type: "string", format: "date-time" },
      user_id: { type: "string" },
      properties: { $ref: toHome(sent) },
    },
  };
}
