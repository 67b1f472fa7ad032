import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compareContracts } from "../../scripts/contract/compare-contracts.ts";
import type { Document } from "../../scripts/contract/nodes.ts";
import { makeUsualContract } from "../../scripts/contract/usual-contract.ts";

it("breaks nothing of the contract of the last release, which is kept in docs/openapi", () => {
  const kept = JSON.parse(readFileSync("docs/openapi/v1.json", "utf8")) as Document;
  expect(compareContracts(kept, makeUsualContract("0.0.0"))).toEqual([]);
  expect(Object.keys(kept.paths).length).toBeGreaterThan(30);
});

type Any = { [name: string]: Any } & { length: number };

const base = {
  paths: {
    "/things": {
      get: {
        operationId: "list-things",
        security: [{ credential: ["things:read"] }],
        parameters: [
          { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 100 } },
          { name: "order", in: "query", schema: { type: "string", enum: ["up", "down"] } },
          { name: "tag", in: "query", schema: { type: "array", items: { type: "string" }, maxItems: 5 } },
        ],
        responses: {
          200: {
            headers: { etag: {} },
            content: { "application/json": { schema: { $ref: "#/components/schemas/Page" } } },
          },
          404: { $ref: "#/components/responses/404" },
        },
      },
      post: {
        operationId: "make-thing",
        security: [],
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                type: "object",
                properties: {
                  name: { type: "string", maxLength: 20 },
                  kind: { enum: ["a", "b"] },
                  tags: { type: "array", items: { type: "string" }, maxItems: 5 },
                },
                required: ["name"],
                additionalProperties: false,
              },
            },
            "application/x-ndjson": {},
          },
        },
        responses: {
          201: {
            content: {
              "application/json": {
                schema: {
                  oneOf: [
                    { type: "object", properties: { status: { const: "new" } }, required: ["status"] },
                    { type: "object", properties: { status: { const: "old" } }, required: ["status"] },
                  ],
                },
              },
            },
          },
        },
      },
    },
  },
  components: {
    responses: {
      404: {
        content: {
          "application/problem+json": {
            schema: {
              oneOf: [{ $ref: "#/components/schemas/problem.gone" }, { $ref: "#/components/schemas/problem.lost" }],
            },
          },
        },
      },
    },
    schemas: {
      Page: {
        type: "object",
        properties: {
          things: { type: "array", items: { $ref: "#/components/schemas/Thing" } },
          next: { type: ["string", "null"] },
        },
        required: ["things"],
      },
      Thing: {
        type: "object",
        properties: {
          id: { type: "string" },
          size: { type: "integer", minimum: 0 },
          state: { type: "string", enum: ["on", "off"] },
          at: { type: "string", format: "date-time" },
        },
        required: ["id", "size"],
      },
      "problem.gone": { type: "object", properties: { code: { const: "gone" }, when: { type: "string" } } },
      "problem.lost": { type: "object", properties: { code: { const: "lost" } } },
      "problem.new": { type: "object", properties: { code: { const: "new" } } },
    },
  },
} as const;

interface Parts {
  readonly paths: Any;
  readonly get: Any;
  readonly post: Any;
  readonly body: Any;
  readonly page: Any;
  readonly thing: Any;
  readonly schemas: Any;
  readonly responses: Any;
}

/** A copy that may be changed, and its parts. */
function open(): { readonly document: Document; readonly parts: Parts } {
  const document = structuredClone(base) as unknown as Any;
  const at = (...path: (string | number)[]): Any => path.reduce<Any>((inner, part) => inner[part] as Any, document);
  return {
    document: document as unknown as Document,
    parts: {
      paths: at("paths"),
      get: at("paths", "/things", "get"),
      post: at("paths", "/things", "post"),
      body: at("paths", "/things", "post", "requestBody", "content", "application/json", "schema"),
      page: at("components", "schemas", "Page"),
      thing: at("components", "schemas", "Thing"),
      schemas: at("components", "schemas"),
      responses: at("components", "responses"),
    },
  };
}

const put = (node: Any | undefined, more: object): void => void Object.assign(node as object, more);
const drop = (node: Any | undefined, name: string): void => void Reflect.deleteProperty(node as object, name);
const text = { type: "string" };
const part = { type: "object", properties: { id: text } };

type Change = readonly [what: string, change: (parts: Parts) => void, named?: string];

const breaks: readonly Change[] = [
  ["a path is gone", ({ paths }) => drop(paths, "/things"), "GET /things is gone"],
  ["a method is gone", ({ paths }) => drop(paths["/things"], "post"), "POST /things is gone"],
  ["an operation has another name", ({ get }) => put(get, { operationId: "things" }), "operationId was list-things"],
  ["a field of an answer is gone", ({ thing }) => drop(thing.properties, "at"), "200.things[].at is gone"],
  [
    "a field of an answer has another name",
    ({ page }) => {
      put(page.properties, { cursor: { type: ["string", "null"] } });
      drop(page.properties, "next");
    },
    "200.next is gone",
  ],
  ["a field of an answer has another type", ({ thing }) => put(thing.properties?.size, text), "size: type was integer"],
  [
    "an integer of an answer becomes any number",
    ({ thing }) => put(thing.properties?.size, { type: "number" }),
    "is number",
  ],
  ["a field of an answer may be null", ({ thing }) => put(thing.properties?.id, { type: ["string", "null"] }), "null"],
  ["a field of an answer may be missing", ({ thing }) => put(thing, { required: ["id"] }), "size may be missing now"],
  [
    "an answer has a new value of an enum",
    ({ thing }) => put(thing.properties?.state, { enum: ["on", "off", "broken"] }),
    'the value "broken" is new',
  ],
  ["an answer's values are not listed any more", ({ thing }) => drop(thing.properties?.state, "enum"), "not listed"],
  ["a time of an answer is any text", ({ thing }) => drop(thing.properties?.at, "format"), "format was"],
  ["a status is gone", ({ get }) => drop(get.responses, "404"), "the status 404 is gone"],
  ["a good status is another", ({ post }) => put(post.responses, { 200: { content: {} } }), "the status 200 is new"],
  ["a header is gone", ({ get }) => drop(get.responses?.["200"]?.headers, "etag"), "the header etag is gone"],
  [
    "a code of an error is gone",
    ({ responses }) => {
      const media = responses["404"]?.content?.["application/problem+json"];
      put(media, { schema: { $ref: "#/components/schemas/problem.lost" } });
    },
    "the code gone is gone",
  ],
  ["another scope is needed", ({ get }) => put(get, { security: [{ credential: ["things:all"] }] }), "authentication"],
  ["a credential is needed", ({ post }) => put(post, { security: [{ credential: [] }] }), "authentication by {}"],
  [
    "a parameter is gone",
    ({ get }) => put(get, { parameters: [{ ...base.paths["/things"].get.parameters[0] }] }),
    "order is gone",
  ],
  [
    "a parameter may not stand several times",
    ({ get }) => put(get.parameters?.["2"]?.schema, { type: "string" }),
    "tag: type was array, is string",
  ],
  [
    "a form of an answer that nobody asked for",
    ({ page }) => put(page.properties?.things, { items: { anyOf: [{ $ref: "#/components/schemas/Thing" }, part] } }),
    "size is gone",
  ],
  ["a field of a request is required", ({ body }) => put(body, { required: ["name", "kind"] }), "kind is required now"],
  ["a request loses a value", ({ body }) => put(body.properties?.kind, { enum: ["a"] }), '"b" is not taken any more'],
  [
    "a bound of a request is lower",
    ({ body }) => put(body.properties?.name, { maxLength: 10 }),
    "maxLength was 20, is 10",
  ],
  ["a request has a form", ({ body }) => put(body.properties?.name, { pattern: "^a" }), "pattern was none"],
  [
    "a type of body is not taken",
    ({ post }) => drop(post.requestBody?.content, "application/x-ndjson"),
    "x-ndjson is gone",
  ],
  ["a field of a request is refused", ({ body }) => drop(body.properties, "tags"), "tags is gone"],
];

const kinds: readonly Change[] = [
  ["nothing", () => undefined],
  ["a path more", ({ paths }) => put(paths, { "/others": base.paths["/things"] })],
  ["a method more", ({ paths }) => put(paths["/things"], { put: base.paths["/things"].post })],
  ["a field more in an answer", ({ thing }) => put(thing.properties, { colour: text })],
  [
    "a field more, always there, in an answer",
    ({ page }) =>
      put(page, {
        properties: { ...base.components.schemas.Page.properties, total: { type: "integer" } },
        required: ["things", "total"],
      }),
  ],
  ["a field of an answer is always there", ({ page }) => put(page, { required: ["things", "next"] })],
  ["a field of an answer is never null", ({ page }) => put(page.properties?.next, text)],
  ["an answer does without a value", ({ thing }) => put(thing.properties?.state, { enum: ["on"] })],
  [
    "a number of an answer has a narrower bound",
    ({ thing }) => put(thing.properties?.size, { minimum: 1, maximum: 9 }),
  ],
  ["a text of an answer has a form", ({ thing }) => put(thing.properties?.id, { pattern: "^t" })],
  ["an error more, by a status", ({ get }) => put(get.responses, { 409: { content: {} } })],
  [
    "a code more, of a status that was there",
    ({ responses }) => {
      const refs = ["gone", "lost", "new"].map((code) => ({ $ref: `#/components/schemas/problem.${code}` }));
      put(responses["404"]?.content?.["application/problem+json"], { schema: { oneOf: refs } });
    },
  ],
  ["a member more of an error", ({ schemas }) => put(schemas["problem.lost"]?.properties, { where: text })],
  ["a header more", ({ get }) => put(get.responses?.["200"]?.headers, { ratelimit: {} })],
  [
    "another way to show who one is",
    ({ get }) => put(get, { security: [{ credential: ["things:read"] }, { key: ["things:read"] }] }),
  ],
  ["no credential is needed any more", ({ get }) => put(get, { security: [] })],
  [
    "a parameter more, which may be left out",
    ({ get }) =>
      put(get, { parameters: [...base.paths["/things"].get.parameters, { name: "q", in: "query", schema: text }] }),
  ],
  [
    "a parameter may stand several times",
    ({ get }) => {
      const { schema } = base.paths["/things"].get.parameters[1];
      put(get.parameters?.["1"], { schema: { type: "array", items: schema, maxItems: 5 } });
    },
  ],
  [
    "a form of an answer that comes to who asks for it",
    ({ page }) => {
      const asked = { ...part, "x-asked-by": "select" };
      put(page.properties?.things, { items: { anyOf: [{ $ref: "#/components/schemas/Thing" }, asked] } });
    },
  ],
  ["a field more in a request, which may be left out", ({ body }) => put(body.properties, { colour: text })],
  ["a field of a request may be left out", ({ body }) => drop(body, "required")],
  ["a request has a value more", ({ body }) => put(body.properties?.kind, { enum: ["a", "b", "c"] })],
  ["a bound of a request is higher", ({ body }) => put(body.properties?.tags, { maxItems: 50 })],
  ["a request takes any member", ({ body }) => drop(body, "additionalProperties")],
  ["a body may be left out", ({ post }) => put(post.requestBody, { required: false })],
  ["a type of body more", ({ post }) => put(post.requestBody?.content, { "text/csv": {} })],
  ["words for people", ({ get }) => put(get, { summary: "Lists", description: "All of them" })],
  [
    "a schema of its own name",
    ({ get }) => put(get.responses?.["200"]?.content?.["application/json"], { schema: base.components.schemas.Page }),
  ],
];

describe("a change of the contract", () => {
  for (const [what, change, named = ""] of breaks) {
    it(`that breaks is named: ${what}`, () => {
      const { document, parts } = open();
      change(parts);
      const found = compareContracts(base as unknown as Document, document);
      expect(found.join("\n")).toContain(named);
      expect(found.length).toBeGreaterThan(0);
    });
  }

  for (const [what, change] of kinds) {
    it(`that breaks nobody is taken: ${what}`, () => {
      const { document, parts } = open();
      change(parts);
      expect(compareContracts(base as unknown as Document, document)).toEqual([]);
    });
  }
});
