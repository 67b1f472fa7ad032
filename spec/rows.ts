/** One search: of a model as it is, or with a weakening in which a counterexample must be found. */
export interface Row {
  readonly name: string;
  /** Of `spec/<model>.pml`. */
  readonly model: string;
  /** Names that the model is compiled with. */
  readonly defines: readonly string[];
  readonly expect: "holds" | "counterexample";
}

const holds = (name: string, model: string, ...defines: string[]): Row => ({ name, model, defines, expect: "holds" });

/** Each is one name that turns it on, beside those of the model's bounds. */
function weakenings(model: string, bounds: readonly string[], names: Readonly<Record<string, string>>): Row[] {
  return Object.entries(names).map(([define, name]) => ({
    name,
    model,
    defines: [...bounds, define],
    expect: "counterexample",
  }));
}

export const rows: readonly Row[] = [
  holds("each event has one outcome, whatever is lost or delivered again", "outcome"),
  ...weakenings("outcome", [], {
    ENTRY_EARLY: "ledger entry before all outcomes",
    CONFLICT_IS_DUPLICATE: "outcome by count instead of by create: a 409 is a duplicate",
    ANSWER_DECIDES: "outcome by count instead of by create: the answer to one try",
    CLAIM_DELETED_EARLY: "claim check deleted early",
    NO_TOMBSTONE: "quarantine without tombstone",
    MARKS_IGNORED: "tombstone without marks",
    REPLACE_WITHOUT_ETAG: "tombstone replaced without ETag",
    NO_LOOK_BEFORE_WORK: "late redelivery not looked up in the ledger",
  }),
  holds("the ledger of before: each settled receipt is counted once", "ledger-marks", "LAG=1"),
  ...weakenings("ledger-marks", ["LAG=1"], {
    ENTRY_BY_TRY: "a new entry id per try",
    MERGE_WITHOUT_ETAG: "no ETag on merge",
    MERGE_IN_TWO_STEPS: "merge in two steps",
    ENTRIES_BEFORE_ROLLUPS: "open entries read before rollups",
    NO_SECOND_LOOK: "reader that does not look at the rollups' versions",
    NO_SESSION: "no session tokens",
  }),
  holds(
    "the ledger with deltas: each entry is counted once, in every state",
    "ledger-deltas",
    "WRITERS_ALONE",
    "MERGES=2",
  ),
  holds("the ledger with deltas: each reading has each settled receipt once", "ledger-deltas", "TRIES=0", "LAG=1"),
  ...weakenings("ledger-deltas", ["LAG=1"], {
    DELTA_APART: "delta created apart from its entries",
    OWN_CREATES: "counting own creates",
    ENTRY_BY_TRY: "a new entry id per try",
    ENTRY_WRITTEN_TWICE: "an entry written twice",
    DELETES_APART: "deltas deleted apart from the head",
    HEAD_WITHOUT_ETAG: "head without ETag",
    SEALING_IN_TWO_WRITES: "sealing in two writes",
    DELTAS_BEFORE_HEADS: "deltas read before heads",
    NO_SECOND_LOOK: "no second look",
    NO_SECOND_LOOK_AT_PARTS: "no second look at parts",
    NO_SESSION: "no session tokens",
  }),
  holds("the ledger with deltas: a failover that loses the last writes", "ledger-deltas", "FAILOVER"),
  holds("the ledger with deltas: the repair, under traffic", "ledger-deltas", "REPAIR"),
  ...weakenings("ledger-deltas", ["REPAIR"], {
    REPAIR_READS_DELTAS_FIRST: "repair that reads deltas before entries",
    REPAIR_IN_TWO_WRITES: "repair in two writes",
  }),
  holds("two slots: an event that is discarded is counted once, and never less than nothing", "ledger-slots"),
  ...weakenings("ledger-slots", [], {
    ADJUSTMENT_IN_ANOTHER_SLOT: "adjustment in another slot",
    ADJUSTMENT_BEFORE_ENTRY: "adjustment before its entry was seen",
    ADJUSTMENT_BY_TRY: "a new adjustment id per try",
    ANOTHER_SLOT: "another slot by a later release",
  }),
];
