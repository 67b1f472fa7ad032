/** Gives a value that each run makes anew a name that is the same in every run. */
export type Label = (kind: string, value: string) => string;

/**
 * Names by where a value was seen first, such as `<key-id create-key>`, and not by one running number. Equal values
 * have equal names, and an added request does not rename those of the requests after it.
 */
export function createLabels(): (where: string) => Label {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  return (where) => (kind, value) => {
    const known = names.get(`${kind} ${value}`);
    if (known !== undefined) return known;
    const place = `${kind} ${where}`;
    const count = (counts.get(place) ?? 0) + 1;
    counts.set(place, count);
    const name = count === 1 ? `<${place}>` : `<${place} ${count}>`;
    names.set(`${kind} ${value}`, name);
    return name;
  };
}
