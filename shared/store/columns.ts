/**
 * Generic columns of an event's document, the same for all orgs: what a type promotes of its `properties` is found by
 * them (docs/adr/0053). A value says of which type and path it is, so that one column may have those of several.
 */
export const columnNames = ["p1", "p2", "p3", "p4", "p5"] as const;

export type ColumnName = (typeof columnNames)[number];
export type Columns = { readonly [Name in ColumnName]?: string };
