/*
 * The ledger as it is: entries with deltas, a head, a sealed part, merges, readings with a second look, and the
 * repair. One slot, three receipts, 0 and 1 together in one delivery, 1 and 2 in another. With REPAIR the slot begins
 * with a head or part that does not add up; with FAILOVER the region is lost once, and what was written last with it.
 */
#define PROCESSES 6
#ifndef MERGES
#define MERGES 1
#endif
#ifndef TRIES
#define TRIES 1
#endif

byte entries[3]; /* receipts that have an entry */
short open[3]; /* what each delta holds: 3 bits for each; 0 where it is not there */
byte head[3], part[3]; /* how often each receipt is counted: 2 bits each */
byte etag[3], partEtag[3]; /* which change wrote it last; 0 when none */
bool held[3];
inline shift(to, from)
{
  entries[to] = entries[from];
  open[to] = open[from];
  head[to] = head[from];
  part[to] = part[from];
  etag[to] = etag[from];
  partEtag[to] = partEtag[from];
  held[to] = held[from]
}
#include "replicas.pml"

byte made; /* deltas so far: an id never comes again */
byte tags; /* ETags so far */
byte ended;
bool unsound; /* not mended yet */

#define ALL 7
#define COUNTS(set) (((set) & 1) | (((set) & 2) << 1) | (((set) & 4) << 2))
#define WIDE(set) (COUNTS(set) * 3)
#define COUNT(sum, r) (((sum) >> (2 * (r))) & 3)
#define DELTA(open, d) (((open) >> (3 * (d))) & 7)
#define NAMED(open) (DELTA(open, 0) | DELTA(open, 1) | DELTA(open, 2) | DELTA(open, 3) | DELTA(open, 4))
#define PART_OF(open, d, set) COUNTS(DELTA(open, d) & (set))
#define SUM_OF(open, set) (PART_OF(open, 0, set) + PART_OF(open, 1, set) + PART_OF(open, 2, set) + PART_OF(open, 3, set) + PART_OF(open, 4, set))

/* Head, part and open deltas count each entry once: in every state that the slot has had since it was mended. */
inline addsUp() { assert(unsound || head[0] + part[0] + SUM_OF(open[0], ALL) == COUNTS(entries[0])) }

inline putDelta(set)
{
  open[0] = open[0] | ((set) << (3 * made));
  made++
}

inline putHead(sum)
{
  tags++;
  head[0] = sum;
  etag[0] = tags
}

inline putPart(sum)
{
  part[0] = sum;
  partEtag[0] = tags
}

/* For OWN_CREATES: one entry, and whether this try was told that it made it. */
#define CREATE(r) \
  if \
  :: ((left & (ALL - entries[0])) >> r) & 1 -> \
    entries[0] = entries[0] | (1 << r); \
    if \
    :: own = own | (1 << r) \
    :: tries > 0 -> tries-- \
    fi \
  :: else \
  fi

/* A work item has these envelopes. Which ones come together differs with each delivery. */
proctype Settle(byte group; byte tries)
{
  byte left, own;
again:
  atomic {
    serve();
#ifdef ENTRY_BY_TRY
    left = group;
#else
    left = group & (ALL - entries[at]);
#endif
    if
    :: left == 0 -> goto settled
#if !defined(ENTRY_BY_TRY) && !defined(ENTRY_WRITTEN_TWICE) && !defined(OWN_CREATES)
    :: (entries[0] & left) != 0 -> seeAll(); goto again /* 409: which are there? */
    :: left != 0 && (entries[0] & left) == 0
#else
    :: else
#endif
    fi;
    change();
#ifdef OWN_CREATES
    CREATE(0);
    CREATE(1);
    CREATE(2);
    putDelta(own);
    addsUp();
    goto settled;
#endif
    entries[0] = entries[0] | left;
#ifdef DELTA_APART
    goto apart;
#endif
    putDelta(left);
    addsUp();
    if
    :: goto settled
    :: tries > 0 -> tries--; forget(); goto again
    fi
  }
apart:
  if
  :: tries > 0 -> tries--; forget(); goto again
  :: true
  fi;
  atomic { change(); putDelta(left) }
settled:
  atomic { left = 0; own = 0; tries = 0; seeAll(); ended++ }
}

inline seal()
{
  if
  :: part[0] == 0 && head[0] != 0 -> putPart(head[0]); head[0] = 0
  :: true
  fi
}

#ifdef HEAD_WITHOUT_ETAG
#define MAY_MERGE ((taken & open[0]) == taken)
#else
#define MAY_MERGE ((taken & open[0]) == taken && tag == etag[0])
#endif

/* Head and deltas as they were read; a part when the head is full, whenever that is. */
proctype Merge(byte rounds)
{
  byte sum, tag;
  short taken;
again:
  atomic {
    if
    :: rounds == 0 -> goto done
    :: rounds > 0
    fi;
    rounds--;
    serve();
    sum = head[at];
    tag = etag[at];
    if
    :: held[at] -> goto done
    :: else
    fi
  }
  atomic {
    serve();
    taken = open[at];
    if
    :: taken == 0 -> goto done
    :: else
    fi
  }
  atomic {
    if
    :: MAY_MERGE ->
      change();
      putHead(sum + SUM_OF(taken, ALL));
      tag = tags;
      seeAll();
#ifdef DELETES_APART
      goto apart
#else
      open[0] = open[0] & (32767 - taken);
#ifdef SEALING_IN_TWO_WRITES
      goto sealing
#else
      seal();
      addsUp();
      goto next
#endif
#endif
    :: else -> goto next /* 404, 409 or 412 */
    fi
  }
apart:
  atomic { change(); open[0] = open[0] & (32767 - taken); goto next }
sealing:
  atomic {
    if
    :: tag == etag[0] && part[0] == 0 -> change(); putPart(head[0])
    :: else -> goto next
    fi
  }
  atomic {
    if
    :: tag == etag[0] -> change(); putHead(0)
    :: else
    fi
  }
next:
  atomic { sum = 0; tag = 0; taken = 0; goto again }
done:
  atomic { sum = 0; tag = 0; taken = 0; rounds = 0; seeAll(); ended++ }
}

#define FOUND(sum, tag) ((((sum) & WIDE(range)) != 0) -> (tag) : 0)

inline readHead() { atomic { serve(); tag = FOUND(head[at], etag[at]); sum = sum + (head[at] & WIDE(range)) } }
inline readPart() { atomic { serve(); partTag = FOUND(part[at], partEtag[at]); sum = sum + (part[at] & WIDE(range)) } }
inline readDeltas() { atomic { serve(); sum = sum + SUM_OF(open[at], range) } }

#define CHECK(r) \
  assert(COUNT(sum, r) <= ((entries[0] >> r) & 1)); \
  assert(COUNT(sum, r) >= ((must >> r) & 1))

/* By the time of receipt, or by the events' own time, by which heads and parts are found only where they hold some. */
proctype Read()
{
  byte range, must, sum, tag, partTag;
  atomic {
    if
    :: range = ALL
    :: range = 1
    fi;
    serve();
    must = entries[at] & range
  }
again:
  sum = 0;
#ifdef DELTAS_BEFORE_HEADS
  readDeltas();
#endif
  readHead();
  readPart();
#ifndef DELTAS_BEFORE_HEADS
  readDeltas();
#endif
#ifndef NO_SECOND_LOOK
  atomic {
    serve();
    if
    :: FOUND(head[at], etag[at]) != tag -> goto again
    :: else
    fi
  }
#ifndef NO_SECOND_LOOK_AT_PARTS
  atomic {
    serve();
    if
    :: FOUND(part[at], partEtag[at]) != partTag -> goto again
    :: else
    fi
  }
#endif
#endif
  atomic {
    CHECK(0);
    CHECK(1);
    CHECK(2);
    range = 0; must = 0; sum = 0; tag = 0; partTag = 0;
    seeAll();
    ended++
  }
}

/* It may end after each step; then the next sweep begins anew. */
inline mayEnd()
{
  if
  :: ends > 0 -> ends--; forget(); goto again
  :: true
  fi
}

proctype Repair(byte ends)
{
  byte tag, there, named;
again:
  atomic {
    tag = 0; there = 0; named = 0;
    serve();
    if
    :: etag[at] != etag[0] -> seeAll(); goto again /* 412 */
    :: else -> change(); held[0] = true; putHead(head[0]); tag = tags; seeAll()
    fi;
    mayEnd()
  }
#ifdef REPAIR_READS_DELTAS_FIRST
  atomic { serve(); named = NAMED(open[at]) }
  atomic { serve(); there = entries[at]; mayEnd() }
#else
  atomic { serve(); there = entries[at] }
  atomic { serve(); named = NAMED(open[at]); mayEnd() }
#endif
  atomic {
    if
    :: tag != etag[0] -> seeAll(); goto again /* 412 */
    :: else
    fi;
    change();
    putHead(COUNTS(there & (ALL - named)));
    held[0] = false;
#ifndef REPAIR_IN_TWO_WRITES
    part[0] = 0;
    partEtag[0] = 0;
#endif
    unsound = false;
    addsUp();
    seeAll();
    mayEnd()
  }
  atomic {
#ifdef REPAIR_IN_TWO_WRITES
    change();
    part[0] = 0;
    partEtag[0] = 0;
#endif
    tag = 0; there = 0; named = 0; ends = 0;
    seeAll();
    ended++
  }
}

/* The state of some moment is the present one, and whatever came after it is nowhere any more. */
proctype Failover()
{
  atomic {
    serve();
    shift(0, at);
    shift(1, 0);
    shift(2, 0);
    seeAll();
    ended++
  }
}

init
{
  atomic {
#ifdef REPAIR
    unsound = true;
    entries[0] = 1;
    if
    :: true
    :: head[0] = 2
    :: part[0] = 2
    :: head[0] = 1; part[0] = 1
    fi;
    shift(1, 0);
    shift(2, 0);
    run Settle(6, 1); run Merge(2); run Repair(1); ended = 2
#else
    run Settle(3, TRIES); run Settle(6, 0); run Merge(MERGES); run Merge(1);
#ifdef FAILOVER
    run Failover()
#else
#ifdef WRITERS_ALONE
    ended = 1
#else
    run Read()
#endif
#endif
#endif
  }
  atomic {
    (ended == 5);
    addsUp();
    assert(!unsound);
#ifndef FAILOVER
    assert(entries[0] == ALL)
#endif
  }
}
