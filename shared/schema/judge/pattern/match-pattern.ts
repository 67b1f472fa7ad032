import { createKinds } from "./code-points.ts";
import type { Meter } from "./meter.ts";
import type { PatternProgram } from "./pattern-program.ts";
import { createStates } from "./states.ts";

/** Whether a text has what matches, anywhere in it unless the pattern says where. */
export type MatchPattern = (text: string, meter: Meter) => boolean;

/** Characters read along known states for one unit of work. */
const READ_AT_ONCE = 8;
/** From here on, a code unit may be half of a code point. */
const SURROGATES = 0xd800;

/**
 * Matches by a deterministic automaton that is made while texts are read. Each character is read once. A state that is
 * known costs next to nothing, a new one as many units of the meter as the program has places in it. The caller looks
 * whether the meter has run out, and so does this: it then gives false.
 *
 * @param most places in the states that are remembered at once
 */
export function createMatcher(program: PatternProgram, most: number): MatchPattern {
  const kinds = createKinds(program.atoms);
  const states = createStates(program, most);
  return (text, meter) => {
    meter.left -= Math.ceil(text.length / READ_AT_ONCE);
    let state = states.start(meter);
    for (let i = 0; i < text.length && meter.left >= 0; i++) {
      if (state.matches) return true;
      if (state.places.length === 0) return false;
      let code = text.charCodeAt(i);
      if (code >= SURROGATES) {
        code = text.codePointAt(i) ?? 0;
        if (code > 0xffff) i++;
      }
      const kind = kinds.find(code, meter);
      if (kind < 0) meter.left = -1;
      const next = state.next[kind] ?? states.after(state, kinds.all[kind], meter);
      if (kind >= 0) state.next[kind] = next;
      state = next;
    }
    return meter.left >= 0 && states.endsIn(state, meter);
  };
}
