import { expect, it } from "vitest";
import { errorTable } from "../../shared/errors.ts";

it("the table of errors is sorted by status, and each code has a status, a title and a fix", () => {
  const rows = Object.values(errorTable);
  const statuses = rows.map(([status]) => status);
  expect(statuses).toEqual(statuses.toSorted((a, b) => a - b));
  for (const [status, title, fix] of rows) {
    expect(Number.isInteger(status) && status >= 400 && status < 600).toBe(true);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(fix).toMatch(/^[A-Z].*\.$/);
  }
});
