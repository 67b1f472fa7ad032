const STACK = "pulumi:pulumi:Stack";

/** The URN of a resource: the types of its parents, but not the stack's, are part of it. */
export function toUrn(
  of: { readonly stack: string; readonly project: string },
  parent: string,
  type: string,
  name: string,
) {
  const [, , parentTypes = STACK] = parent.split("::");
  const types = parentTypes === STACK ? type : `${parentTypes}$${type}`;
  return `urn:pulumi:${of.stack}::${of.project}::${types}::${name}`;
}
