import { expect, it } from "vitest";
import { compareEdits } from "../../../bench/dialects/compare-edits.ts";
import type { Edit } from "../../../bench/dialects/edit.ts";
import { senders } from "../../../bench/dialects/senders.ts";
import { makeOrg, product } from "../../support/product.ts";

const names = ["Main", "Talk", "Usuário Discussão", "ノート"];
const edits: readonly Edit[] = Array.from({ length: 700 }, (_, number) => ({
  number,
  type: names[number % names.length] ?? "",
  time: new Date(Date.UTC(2015, 8, 12) + number * 977).toISOString(),
  user: `user ${number % 97} é`,
  properties: { page: `Seite ${number}`, isNew: number % 3 === 0, delta: number - 350, cityName: null, list: [number] },
}));

it.each(Object.entries(senders))("edits sent by %s arrive once, as they were", async (_, sender) => {
  const { key } = await makeOrg();
  const target = { baseUrl: product.baseUrl, key };
  await sender.send(edits, target);
  expect(await compareEdits(edits, sender, target)).toEqual([]);
  const [first] = edits;
  const other = first ? [{ ...first, user: "another" }, ...edits.slice(1)] : [];
  expect(await compareEdits(other, sender, target)).toHaveLength(1);
});
