/**
 * Columns aligned by their widest cell: numbers to the right, with their headings in the first row above them, all else
 * to the left.
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const numeric = widths.map((_, column) => rows.slice(1).every((row) => /^[\d,.]*$/.test(row[column] ?? "")));
  const format = (row: readonly string[]): string =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ");
  return rows.map((row) => `  ${format(row).trimEnd()}\n`).join("");
}
