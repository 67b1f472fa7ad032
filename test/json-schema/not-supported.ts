/** Groups of a file of the suite that have a schema which is refused, and why. */
export interface Refused {
  readonly groups: number;
  readonly because: string;
}

const out = "leads out of the schema, or has `$id` within it";
const dynamic = "`$dynamicRef`, `$dynamicAnchor`";
const unknown = "a keyword that nobody knows";
const format = "the format";

/** What is not supported of draft 2020-12, by file. All else is. docs/schemas.md says it in words. */
export const notSupported: Readonly<Record<string, Refused>> = {
  "anchor.json": { groups: 3, because: out },
  "boolean_schema.json": { groups: 2, because: "a boolean as the whole schema" },
  "content.json": { groups: 1, because: "`contentSchema`" },
  "defs.json": { groups: 1, because: out },
  "dynamicRef.json": { groups: 21, because: dynamic },
  "enum.json": { groups: 1, because: "an empty `enum`" },
  "format.json": { groups: 8, because: format },
  "ref.json": { groups: 16, because: out },
  "refRemote.json": { groups: 15, because: out },
  "unevaluatedItems.json": { groups: 1, because: dynamic },
  "unevaluatedProperties.json": { groups: 1, because: dynamic },
  "vocabulary.json": { groups: 2, because: "a dialect of one's own in `$schema`" },
  "optional/cross-draft.json": { groups: 1, because: out },
  "optional/dependencies-compatibility.json": { groups: 7, because: "`dependencies`, of older drafts" },
  "optional/dynamicRef.json": { groups: 1, because: dynamic },
  "optional/format-assertion.json": { groups: 2, because: "a dialect of one's own in `$schema`" },
  "optional/id.json": { groups: 1, because: out },
  "optional/refOfUnknownKeyword.json": { groups: 5, because: unknown },
  "optional/unknownKeyword.json": { groups: 1, because: unknown },
  "optional/format/ecmascript-regex.json": { groups: 6, because: format },
  "optional/format/hostname.json": { groups: 2, because: format },
  "optional/format/idn-email.json": { groups: 1, because: format },
  "optional/format/idn-hostname.json": { groups: 2, because: format },
  "optional/format/iri-reference.json": { groups: 1, because: format },
  "optional/format/iri.json": { groups: 1, because: format },
  "optional/format/regex.json": { groups: 1, because: format },
  "optional/format/relative-json-pointer.json": { groups: 1, because: format },
  "optional/format/unknown.json": { groups: 1, because: format },
  "optional/format/uri-template.json": { groups: 1, because: format },
};

/**
 * `format` is asserted, as the specification leaves open (2020-12, section 7.2.1). The tests of this name in
 * `format.json` expect the other reading, and must be answered by this one.
 */
export const OTHER_READING = "is only an annotation by default";
