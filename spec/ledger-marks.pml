/*
 * The ledger of releases up to 0.6.0: entries that are open until a merge has added them to their slot's rollup and
 * marked them. shared/ledger/merge-entries.ts and read-account.ts. One slot, two receipts; receipt 0 is in the range that
 * is read by the events' time.
 */
#define PROCESSES 6
#define ALL 3

byte created[3]; /* receipts that have an entry */
byte open[3]; /* those that are not merged */
byte into[3]; /* those that were merged into rollup 1; the others into rollup 0 */
byte since[3]; /* the rollup's change that took up the entry: 4 bits for each receipt */
byte sum0[3], sum1[3]; /* how often a rollup counts each receipt: 2 bits each */
byte seq0[3], seq1[3]; /* changes of the rollup; 0: it is not there */
inline shift(to, from)
{
  created[to] = created[from];
  open[to] = open[from];
  into[to] = into[from];
  since[to] = since[from];
  sum0[to] = sum0[from];
  sum1[to] = sum1[from];
  seq0[to] = seq0[from];
  seq1[to] = seq1[from]
}
#include "replicas.pml"

byte ended;
hidden byte was0, was1, now0, now1;

#define COUNTS(set) (((set) & 1) | (((set) & 2) << 1))
#define WIDE(set) (COUNTS(set) * 3)
#define COUNT(sum, r) (((sum) >> (2 * (r))) & 3)
#define HAS(set, r) ((((set) >> (r)) & 1) == 1)
#define SINCE(r) ((since[at] >> (4 * (r))) & 15)

/* The look before work spares work alone: the create decides. */
proctype Settle(byte r; byte tries)
{
again:
  atomic {
    if
#ifndef ENTRY_BY_TRY
    :: HAS(created[0], r) -> goto settled /* 409 */
#endif
    :: else
    fi;
    change();
    created[0] = created[0] | (1 << r);
    open[0] = open[0] | (1 << r);
    if
    :: true
    :: tries > 0 -> tries--; goto again
    fi;
settled:
    tries = 0;
    seeAll();
    ended++
  }
}

#define MARK(r) \
  if \
  :: HAS(take, r) -> since[0] = (since[0] & (255 - (15 << (4 * r)))) | (seq << (4 * r)) \
  :: else \
  fi

inline mark()
{
  open[0] = open[0] & (ALL - take);
  into[0] = (second -> into[0] | take : into[0] & (ALL - take));
  MARK(0);
  MARK(1)
}

/* The rollup with the entries that are taken, and one before it that is sealed. */
inline writeRollups()
{
  seq0[0] = (seals -> seq0[0] + 1 : seq0[0]);
  if
  :: second -> sum1[0] = sum + COUNTS(take); seq1[0] = seq
  :: else -> sum0[0] = sum + COUNTS(take); seq0[0] = seq
  fi
}

#ifdef MERGE_WITHOUT_ETAG
#define MAY_MERGE true
#else
#define MAY_MERGE (etag0 == seq0[0] && etag1 == seq1[0] && (take & open[0]) == take)
#endif

proctype Merge(byte rounds)
{
  byte sum, seq, etag0, etag1, take;
  bool second, seals;
again:
  atomic {
    if
    :: rounds == 0 -> goto done
    :: rounds > 0
    fi;
    rounds--;
    serve();
    etag0 = seq0[at];
    etag1 = seq1[at];
    second = (etag1 > 0);
    sum = (second -> sum1[at] : sum0[at]);
    seq = (second -> etag1 : etag0) + 1;
    if
    :: !second && etag0 > 0 -> second = true; seals = true; sum = 0; seq = 1 /* it is full */
    :: true
    fi
  }
  atomic {
    serve();
    take = open[at];
    if
    :: take == 0 -> goto done
    :: else
    fi
  }
  atomic {
    if
    :: MAY_MERGE ->
      change();
      writeRollups();
#ifndef MERGE_IN_TWO_STEPS
      mark();
      goto next
#endif
    :: else -> goto next
    fi
  }
  atomic { change(); mark() }
next:
  atomic { sum = 0; seq = 0; etag0 = 0; etag1 = 0; take = 0; second = false; seals = false; goto again }
done:
  atomic { sum = 0; seq = 0; etag0 = 0; etag1 = 0; second = false; seals = false; rounds = 0; seeAll(); ended++ }
}

/* An entry that a rollup took up after it was read, or after it was not found. */
#define CHANGED(r) (HAS(into[at], r) -> (now1 != was1 && SINCE(r) > was1) : (now0 != was0 && SINCE(r) > was0))
#define TAKEN_UP(r) \
  if \
  :: HAS(created[at] & (ALL - open[at]) & range, r) && CHANGED(r) -> found = found | (1 << r) \
  :: else \
  fi

#define CHECK(r) \
  assert(COUNT(sum, r) <= ((created[0] >> r) & 1)); \
  assert(COUNT(sum, r) >= ((must >> r) & 1))

/* Each settled receipt is in it once, whatever merges meanwhile. */
proctype Read()
{
  byte range, must, sum, found, read0, read1, seen0, seen1;
  atomic {
    if
    :: range = ALL
    :: range = 1
    fi;
    serve();
    must = created[at] & range
  }
#ifdef ENTRIES_BEFORE_ROLLUPS
  atomic { serve(); found = open[at] & range }
#endif
  atomic {
    serve();
    read0 = ((sum0[at] & WIDE(range)) != 0 -> seq0[at] : 0);
    read1 = ((sum1[at] & WIDE(range)) != 0 -> seq1[at] : 0);
    sum = (sum0[at] & WIDE(range)) + (sum1[at] & WIDE(range))
  }
#ifndef ENTRIES_BEFORE_ROLLUPS
  atomic { serve(); found = open[at] & range }
#endif
#ifndef NO_SECOND_LOOK
  atomic {
    serve();
    seen0 = ((sum0[at] & WIDE(range)) != 0 -> seq0[at] : 0);
    seen1 = ((sum1[at] & WIDE(range)) != 0 -> seq1[at] : 0)
  }
  atomic {
    serve();
    was0 = read0;
    was1 = read1;
    now0 = seen0;
    now1 = seen1;
    TAKEN_UP(0);
    TAKEN_UP(1)
  }
#endif
  atomic {
    sum = sum + COUNTS(found);
    CHECK(0);
    CHECK(1);
    range = 0; must = 0; sum = 0; found = 0; read0 = 0; read1 = 0; seen0 = 0; seen1 = 0;
    seeAll();
    ended++
  }
}

init
{
  atomic {
    run Settle(0, 1); run Settle(1, 0);
    run Merge(2); run Merge(1); run Read()
  }
  atomic {
    (ended == 5);
    assert(created[0] == ALL);
    assert(sum0[0] + sum1[0] + COUNTS(open[0]) == COUNTS(ALL))
  }
}
