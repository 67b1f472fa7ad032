import type { Deprecation } from "../http/deprecations.ts";
import { type Html, html, type Page } from "../http/page.ts";
import { type Answered, type Operation, operationsIn, type Parameter } from "./described.ts";
import { curlOf, typescriptOf } from "./snippets.ts";

const STYLE = `body{max-width:60rem}h2{margin-top:2.5rem}h3{display:inline;font-size:1rem}h4{margin:1rem 0 .25rem}
summary{cursor:pointer;padding:.5rem 0;overflow-wrap:anywhere}details{border-top:1px solid var(--edge)}
details>div{padding:0 0 1rem 1rem}pre{border:1px solid var(--edge);padding:.5rem;word-break:normal;overflow-wrap:anywhere}
code{overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .5rem 1rem}kbd{border:1px solid var(--edge);padding:0 .3rem}`;

/** Search as one types. `/` goes there, Enter opens the first that is found, Escape ends it. */
const SCRIPT = `const search = document.getElementById("search"), found = document.getElementById("found");
const all = [...document.querySelectorAll("details")], groups = [...document.querySelectorAll("section")];
const show = () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const one of all) one.hidden = !words.every((word) => one.dataset.words.includes(word));
  for (const group of groups) group.hidden = ![...group.querySelectorAll("details")].some((one) => !one.hidden);
  found.textContent = all.filter((one) => !one.hidden).length + " of " + all.length + " operations";
};
const open = (one) => { if (!one) return; one.open = true; one.querySelector("summary").focus(); };
search.oninput = show;
search.onkeydown = (event) => {
  // The key would close again what has the focus by then.
  if (event.key === "Enter") { event.preventDefault(); open(all.find((one) => !one.hidden)); }
  if (event.key === "Escape") { search.value = ""; show(); }
};
document.onkeydown = (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
  event.preventDefault();
  search.focus();
};
const follow = () => open(document.getElementById(location.hash.slice(1)));
onhashchange = follow;
document.getElementById("tools").hidden = false;
show();
follow();`;

/** The contract for people: whole without JavaScript, which adds the search. It loads nothing. */
export function docsPage(contract: Readonly<Record<string, unknown>>): Page {
  const { info, tags, components } = contract as unknown as {
    info: { description: string };
    tags: readonly { name: string; description: string }[];
    components: { responses: Record<string, Answered> };
  };
  const operations = operationsIn(contract);
  const groups = tags.map(({ name, description }) => {
    const own = operations.filter((one) => one.tags[0] === name);
    return html`<section aria-labelledby="about-${name}"><h2 id="about-${name}">${description.replace(/\.$/, "")}</h2>
${own.map((one) => describe(one, components.responses))}</section>`;
  });
  const body = html`${paragraphs(info.description)}
<p>For programs: <a href="/api/v1/openapi.json">the OpenAPI document</a>. The commands need <code>URL</code> and <code>KEY</code>.</p>
<div id="tools" hidden><p><label for="search">Search (<kbd>/</kbd>)</label> <input id="search" type="search" autocomplete="off" spellcheck="false"></p>
<p id="found" role="status"></p></div>
${groups}`;
  return { status: 200, title: "The API", body, script: SCRIPT, style: STYLE };
}

function describe(operation: Operation, shared: Readonly<Record<string, Answered>>): Html {
  const { operationId, method, path, summary, parameters = [], responses } = operation;
  const { "x-scope": scope, "x-deprecation": going } = operation;
  const words = `${operationId} ${method} ${path} ${summary} ${scope ?? ""}`.toLowerCase();
  const answers = Object.entries(responses).map(([status, answer]) => describeAnswer(status, resolve(answer, shared)));
  return html`<details id="${operationId}" data-words="${words}"><summary><h3><code>${method} ${path}</code></h3> ${summary}</summary><div>
${going === undefined ? html`` : html`<p>${describeEnd(going)} <a href="${going.migration}">How to move</a>.</p>`}
${scope === undefined ? html`` : html`<p>Needs the scope <code>${scope}</code>.</p>`}
${parameters.length === 0 ? html`` : html`<h4>Parameters</h4><dl>${parameters.map(describeParameter)}</dl>`}
<h4>curl</h4><pre>${curlOf(operation)}</pre>
<h4>TypeScript</h4><pre>${typescriptOf(operation)}</pre>
<h4>Answers</h4><dl>${answers}</dl></div></details>`;
}

function describeEnd({ since, sunset }: Deprecation): string {
  return `Deprecated since ${since.slice(0, 10)}${sunset === undefined ? "" : `; it ends on ${sunset.slice(0, 10)}`}.`;
}

function describeParameter({ name, in: where, required, schema, explode }: Parameter): Html {
  const of = (schema.items as Parameter["schema"] | undefined) ?? schema;
  const { type, format, minimum, maximum, minLength, maxLength, default: initial, enum: values } = of;
  const many = explode === false ? "several, divided by commas" : `may stand ${schema.maxItems} times`;
  const facts = [
    ...[required ? "required" : "optional", where === "header" ? "a header" : undefined, type, format],
    ...[schema.items === undefined ? undefined : many],
    ...[Array.isArray(values) ? values.join(" or ") : undefined],
    ...[minimum === undefined ? undefined : `${minimum} to ${maximum}`],
    ...[maxLength === undefined ? undefined : `${minLength ?? 0} to ${maxLength} characters`],
    ...[initial === undefined ? undefined : `default ${initial}`],
  ];
  return html`<dt><code>${name}</code></dt><dd>${facts.filter((fact) => fact !== undefined).join(", ")}</dd>`;
}

function describeAnswer(status: string, { description, content = {} }: Answered): Html {
  const example = Object.values(content).find((media) => media.example !== undefined)?.example;
  const shown = example === undefined ? html`` : html`<pre>${JSON.stringify(example, undefined, 2)}</pre>`;
  return html`<dt><code>${status}</code></dt><dd>${description}${shown}</dd>`;
}

function resolve(answer: Answered, shared: Readonly<Record<string, Answered>>): Answered {
  return shared[answer.$ref?.split("/").at(-1) ?? ""] ?? answer;
}

function paragraphs(text: string): readonly Html[] {
  return text.split("\n\n").map((one) => html`<p>${one.replaceAll("`", "")}</p>`);
}
