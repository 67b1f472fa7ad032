import type { Operation } from "./described.ts";

const FORM = "application/x-www-form-urlencoded";

/** An operation's example for a shell that has `URL` and `KEY`. */
export function curlOf(operation: Operation): string {
  const { method } = operation;
  const [type, example] = bodyOf(operation);
  const parts = [
    `curl -s ${method === "GET" || (method === "POST" && example) ? "" : `-X ${method} `}"$URL${targetOf(operation)}"`,
  ];
  if (needsKey(operation)) parts.push(`-H "Authorization: Bearer $KEY"`);
  if (needsOrigin(operation)) parts.push(`-H "Origin: $URL"`);
  if (isOfClient(operation)) parts.push(`--data-urlencode "client_secret=$KEY"`);
  if (type === FORM)
    for (const [name, value] of Object.entries(example ?? {})) parts.push(`-d '${name}=${quoted(value)}'`);
  else if (example) parts.push(`-H "Content-Type: ${type}"`, `-d '${quoted(JSON.stringify(example, undefined, 2))}'`);
  else if (method !== "GET") parts.push(`-H "Content-Length: 0"`);
  return parts.join(" \\\n  ");
}

/** The same as a whole program of TypeScript, for Node 24. */
export function typescriptOf(operation: Operation): string {
  const { method } = operation;
  const [type, example] = bodyOf(operation);
  const headers = [
    ...(needsKey(operation) ? [`authorization: \`Bearer \${KEY}\``] : []),
    ...(needsOrigin(operation) ? ["origin: base"] : []),
    ...(example && type !== FORM ? [`"content-type": "${type}"`] : []),
  ];
  const json = JSON.stringify(example, undefined, 2)?.replaceAll("\n", "\n  ");
  const init = [
    ...(method === "GET" ? [] : [`method: "${method}",`]),
    ...(headers.length === 0 ? [] : [`headers: { ${headers.join(", ")} },`]),
    ...(example && type === FORM ? [`body: new URLSearchParams(${formOf(operation, example)}),`] : []),
    ...(example && type !== FORM ? [`body: JSON.stringify(${json}),`] : []),
  ];
  const options = init.length === 0 ? "" : `, {\n${init.map((line) => `  ${line}\n`).join("")}}`;
  const known = needsKey(operation) || isOfClient(operation) ? "URL: base, KEY" : "URL: base";
  return `const { ${known} } = process.env;
const response = await fetch(\`\${base}${targetOf(operation)}\`${options});
console.log(response.status, await response.text());`;
}

function formOf(operation: Operation, example: object): string {
  const members = Object.entries(example).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `{ ${[...members, ...(isOfClient(operation) ? [`client_secret: \`\${KEY}\``] : [])].join(", ")} }`;
}

function bodyOf({ requestBody }: Operation): readonly [type: string, example: object | undefined] {
  const [type = "", media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  return [type, typeof media?.example === "object" ? media.example : undefined];
}

function targetOf({ path, parameters = [] }: Operation): string {
  const given = parameters.filter(({ example }) => example !== undefined);
  const inPath = new Map(given.filter((one) => one.in === "path").map(({ name, example }) => [name, String(example)]));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(inPath.get(name) ?? name));
  const query = given
    .filter((one) => one.in === "query")
    .map(({ name, example }) => [name, String(example)] as [string, string]);
  return query.length === 0 ? filled : `${filled}?${new URLSearchParams(query)}`;
}

function needsKey({ "x-scope": scope }: Operation): boolean {
  return scope !== undefined;
}

/** It takes a client of OAuth: the key is its secret. */
function isOfClient({ security }: Operation): boolean {
  return security.some((way) => "client" in way);
}

/** A page of ours would send it. */
function needsOrigin({ parameters = [] }: Operation): boolean {
  return parameters.some(({ name, in: where, required }) => where === "header" && name === "Origin" && required);
}

/** Within single quotes of a shell. */
function quoted(value: unknown): string {
  return String(value).replaceAll("'", "'\\''");
}
