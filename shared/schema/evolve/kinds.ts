/**
 * What a difference is. By the left name it is called where the newer schema refuses what the older one takes, by the
 * right one where it is the other way round.
 */
const kinds = {
  additional_closed: "additional_opened",
  branch_removed: "branch_added",
  bounds_tightened: "bounds_loosened",
  constraint_added: "constraint_removed",
  enum_shortened: "enum_extended",
  field_removed: "field_added",
  forbidden: "allowed",
  format_added: "format_removed",
  property_typed: "property_untyped",
  required_added: "required_removed",
  type_narrowed: "type_widened",
  // It may be harmless, and nobody can tell.
  undecided: "undecided",
} as const;

export type Kind = keyof typeof kinds;

export function nameKind(kind: Kind, direction: "backward" | "forward"): string {
  return direction === "backward" ? kind : kinds[kind];
}
