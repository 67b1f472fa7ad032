import { SHUT_DOWN_CODE } from "@headrace/emulators/functions-host/shut-down-code.ts";
import { expect, it } from "vitest";
import { createReviver } from "../../local/launcher/revive-host.ts";
import type { UnexpectedExit } from "../../local/launcher/supervisor.ts";

const endWith = (code: number): UnexpectedExit => ({
  name: "functions-host",
  status: { code, signal: null },
  message: "it ended",
});

/** Starts a host again that ends with this code before it is ready, each time. */
async function reviveInVain(code: number) {
  const [pauses, shutDowns, givenUp]: [number[], UnexpectedExit[], UnexpectedExit[]] = [[], [], []];
  const revive = createReviver(
    { revive: async () => endWith(code), pause: async (ms) => void pauses.push(ms) },
    {
      onShutDown: (end) => shutDowns.push(end),
      onRevived: () => expect.fail("it never lives"),
      onGivenUp: (end) => givenUp.push(end),
    },
  );
  await revive(endWith(SHUT_DOWN_CODE));
  return { pauses, shutDowns, givenUp };
}

it("a host that never lives long is given up after 20 starts, with pauses that grow to 10 s", async () => {
  const { pauses, shutDowns, givenUp } = await reviveInVain(SHUT_DOWN_CODE);
  expect(givenUp).toEqual([endWith(SHUT_DOWN_CODE)]);
  expect(shutDowns).toHaveLength(21);
  expect(pauses.slice(0, 8)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  expect(pauses).toHaveLength(19);
});

it("a host that ends in any other way is given up at once", async () => {
  const { pauses, shutDowns, givenUp } = await reviveInVain(1);
  expect([pauses, shutDowns.length, givenUp]).toEqual([[], 1, [endWith(1)]]);
});
