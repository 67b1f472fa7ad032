import { armPathOf } from "./arm-paths.ts";
import type { Registration } from "./engine/registration.ts";
import { isObject } from "./engine/values.ts";
import type { Run } from "./run-program.ts";

interface Node {
  readonly key: string;
  /** The folder of the component that makes it. */
  readonly room: string;
  readonly label: string;
  readonly members: readonly Top[];
}

/** A resource that is not a part of another, with the parts that it has. */
interface Top {
  readonly registration: Registration;
  readonly id: string;
  readonly parts: readonly Registration[];
}

/** What says something of a resource and is none on its own: roles, locks, settings. */
const left =
  /\/(roleAssignments|sqlRoleAssignments|locks|diagnosticSettings|budgets|deployments|resourceGroups|networkRuleSets|blobServices|managementPolicies|basicPublishingCredentialsPolicies)$/;

/** From the outside in, so that the same stack is always the same picture. */
const rooms = ["edge", "compute", "data", "identity", "network", "monitoring", "stack"];

/** A Mermaid flowchart of a run that was no preview: what there is, by component, and what refers to what. */
export function drawDiagram(run: Run): string {
  const nodes = gather(findTops(run), run);
  const drawn = rooms.filter((room) => nodes.some((node) => node.room === room));
  return [
    "flowchart LR",
    "  internet((Internet))",
    ...drawn.flatMap((room) => [
      `  subgraph ${room}`,
      ...nodes.filter((node) => node.room === room).map(({ key, label }) => `    ${key}["${label}"]`),
      "  end",
    ]),
    ...edges(nodes, run).map((edge) => `  ${edge}`),
  ].join("\n");
}

function findTops(run: Run): Top[] {
  const resources = run.registrations.filter(({ type, urn }) => type.startsWith("azure-native:") && run.state[urn]);
  const idOf = ({ urn }: Registration) => run.state[urn]?.id ?? "";
  const isPart = (registration: Registration) =>
    resources.some(
      (other) => other !== registration && idOf(registration).startsWith(`${idOf(other)}/`) && !isGroup(other),
    );
  return resources
    .filter((registration) => !isPart(registration) && !left.test(armPathOf(registration.type).type))
    .map((registration) => ({
      registration,
      id: idOf(registration),
      parts: resources.filter(
        (other) => idOf(other).startsWith(`${idOf(registration)}/`) && !left.test(armPathOf(other.type).type),
      ),
    }));
}

function isGroup({ type }: Registration): boolean {
  return type === "azure-native:resources:ResourceGroup";
}

/** Several of one type in one room are one node: six private endpoints say no more than one. */
function gather(tops: readonly Top[], run: Run): Node[] {
  const groups = Map.groupBy(tops, ({ registration }) => `${roomOf(registration, run)}_${kindOf(registration)}`);
  return [...groups]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([key, members]) => {
      const [room = ""] = key.split("_");
      return { key, room: rooms.includes(room) ? room : "stack", label: labelOf(members), members };
    });
}

function labelOf(members: readonly Top[]): string {
  const kind = members[0] ? kindOf(members[0].registration) : "";
  const name = members.length === 1 ? members[0]?.id.split("/").at(-1) : `× ${members.length}`;
  const parts = Map.groupBy(
    members.flatMap((top) => top.parts),
    kindOf,
  );
  const counted = [...parts].map(([part, { length }]) => (length === 1 ? part : `${length} × ${part}`)).sort();
  return [`${kind} ${name ?? ""}`, ...counted].join("<br/>");
}

/** Names that two services share are no names: "Namespace" of Event Hubs. */
function kindOf({ type }: Registration): string {
  const [, module = "", kind = ""] = type.split(":");
  const short = kind.replace(/^SqlResource|^AFD/, "");
  return /^(Namespace|Policy|Profile|Component)$/.test(short) ? `${module}${short}` : short;
}

/** `network` of `headrace:network:WayOut`, of the nearest parent that has one. */
function roomOf(registration: Registration, run: Run): string {
  const parent = run.registrations.find(({ urn }) => urn === registration.parent);
  if (parent === undefined) return "stack";
  const [, room] = /^headrace:(\w+):/.exec(parent.type) ?? [];
  return room ?? roomOf(parent, run);
}

function edges(nodes: readonly Node[], run: Run): string[] {
  const drawn = nodes.flatMap((from) =>
    nodes
      .filter((to) => to !== from && !isWatch(from, to) && refers(from, to, run))
      .map((to) => `${from.key} --> ${to.key}`),
  );
  const door = nodes.find(({ members }) => members[0]?.registration.type === "azure-native:cdn:Profile");
  return door ? [`internet --> ${door.key}`, ...drawn] : drawn;
}

/** Alerts watch everything: arrows for that would hide the others. */
function isWatch(from: Node, to: Node): boolean {
  return from.room === "monitoring" && to.room !== "monitoring";
}

/** Whether an input of one is made of what the other is: its id, its name in a host name, or what Azure gave it. */
function refers(from: Node, to: Node, run: Run): boolean {
  const inputs = from.members.flatMap(({ registration, parts }) => [registration, ...parts]).map((one) => one.inputs);
  const texts = inputs.flatMap(textsIn);
  return to.members.some(({ id, registration }) => {
    const host = `${id.split("/").at(-1)}.`;
    const given = givenByAzure(registration, run);
    return texts.some(
      (text) =>
        text === id ||
        text.startsWith(`${id}/`) ||
        text.startsWith(host) ||
        text.includes(`//${host}`) ||
        given.includes(text),
    );
  });
}

/** Names that are given once in the world: connection strings, GUIDs. */
function givenByAzure({ urn, inputs }: Registration, run: Run): string[] {
  const own = new Set(textsIn(inputs));
  return textsIn(run.state[urn]?.outputs).filter((text) => text.length > 30 && !own.has(text));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}
