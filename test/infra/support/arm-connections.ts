import { type Answer, armError, MANAGEMENT, type Part } from "./arm-server.ts";

export interface Connection {
  readonly name: string;
  description: string;
  status: string;
  /** Reads of the list until it is there. */
  hiddenFor: number;
  /** Reads of the list until it is in this state. */
  becoming?: { readonly status: string; reads: number };
}

export interface ConnectionsOfOurs {
  readonly part: Part;
  /** What has asked to reach the app. */
  readonly all: Connection[];
  /** `hiddenFor`: how often its list is read before it is there. */
  ask(name: string, description: string, more?: { status?: string; hiddenFor?: number }): void;
}

/**
 * `Microsoft.Web/sites/{app}/privateEndpointConnections`. The end of an approval is told by `Location`; `lag` is how
 * often the list is read until it shows there.
 */
export function createConnections(appId: string, { lag = 0 } = {}): ConnectionsOfOurs {
  const all: Connection[] = [];
  const under = `${appId}/privateEndpointConnections`;

  const list = (): Answer => {
    for (const connection of all) settle(connection);
    const there = all.filter(({ hiddenFor }) => hiddenFor < 0);
    return { status: 200, body: { value: there.map((connection) => toArm(under, connection)) } };
  };
  const approve = (name: string, body: Buffer): Answer => {
    const connection = all.find((one) => one.name === name);
    if (!connection) return armError(404, "ResourceNotFound", `There is no connection ${name}.`);
    const { properties } = JSON.parse(body.toString()) as {
      properties: { privateLinkServiceConnectionState: Connection };
    };
    const { status, description } = properties.privateLinkServiceConnectionState;
    connection.description = description;
    connection.becoming = { status, reads: lag };
    const location = `https://${MANAGEMENT}${under}/${name}/result?operation=1`;
    return { status: 202, headers: { location, "retry-after": "1" }, body: toArm(under, connection) };
  };
  const part: Part = ({ host, method, path, body }) => {
    if (host !== MANAGEMENT || !path.startsWith(under)) return undefined;
    const [name = "", rest] = path.slice(under.length + 1).split("/");
    if (method === "GET" && name === "") return list();
    if (method === "GET" && rest === "result") return { status: 200, body: {} };
    if (method === "PUT" && rest === undefined) return approve(name, body);
    return undefined;
  };
  const ask: ConnectionsOfOurs["ask"] = (name, description, { status = "Pending", hiddenFor = 0 } = {}) => {
    all.push({ name, description, status, hiddenFor });
  };
  return { part, all, ask };
}

/** Once more was read: what becomes visible, and what changes. */
function settle(connection: Connection): void {
  connection.hiddenFor -= 1;
  if (connection.becoming === undefined) return;
  if (connection.becoming.reads === 0) connection.status = connection.becoming.status;
  connection.becoming.reads -= 1;
}

function toArm(under: string, { name, status, description }: Connection) {
  return {
    id: `${under}/${name}`,
    name,
    type: "Microsoft.Web/sites/privateEndpointConnections",
    properties: {
      provisioningState: "Succeeded",
      privateEndpoint: { id: `/subscriptions/front-door/providers/Microsoft.Network/privateEndpoints/${name}` },
      privateLinkServiceConnectionState: { status, description, actionsRequired: "None" },
    },
  };
}
