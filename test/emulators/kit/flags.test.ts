import { expect, test } from "vitest";
import { readInteger, readPort, requireFlag } from "../../../local/emulators/kit/flags.ts";

test.each([
  ["0", 0],
  ["8081", 8081],
  ["65535", 65_535],
])("--port %s is %d", (text, port) => {
  expect(readPort(text)).toBe(port);
});

test.each(["", " 1", "-1", "1.5", "1e3", "0x10", "65536", "many"])("--port '%s' is refused and named", (text) => {
  expect(() => readPort(text)).toThrow(`--port must be between 0 and 65535, not '${text}'.`);
});

test("a missing flag is named, with the value that it takes", () => {
  expect(() => readInteger("--lifetime", undefined, 1, 9)).toThrow(
    "--lifetime is missing: a whole number from 1 to 9.",
  );
  for (const missing of [undefined, ""])
    expect(() => requireFlag("--data", missing, "a folder")).toThrow("--data is missing: a folder.");
  expect(requireFlag("--data", "x", "a folder")).toBe("x");
});
