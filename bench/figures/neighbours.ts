import { measureFloods } from "../neighbours/beside-floods.ts";
import { measureHolds } from "../neighbours/hold-loop.ts";
import type { Figure } from "./figure.ts";

export const neighbours: Figure = {
  name: "neighbours",
  title: "What one org does to others: the event loop held by a body, and a calm org beside floods",
  measure: async (rig) => {
    const parts = [await measureHolds(rig), await measureFloods(rig)];
    return {
      tables: parts.flatMap(({ tables }) => tables),
      aims: parts.flatMap(({ aims }) => aims),
      problems: parts.flatMap(({ problems }) => problems),
      notes: parts.flatMap(({ notes }) => notes),
    };
  },
};
