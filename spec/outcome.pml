/*
 * The outcome of an event: two requests (receipts 0 and 1) bring the same event id; the first is delivered twice, the
 * second once. Answers are lost, and deliveries end anywhere and are tried again, one of each receipt once. shared/pipeline/settle-events.ts, quarantine-event.ts,
 * close-envelope.ts and load-envelope.ts; shared/event/decide-outcome.ts.
 */
#define PROCESSES 6
#define NOBODY 0
#define TOMBSTONE 1
#define EVENT(r) (2 + (r))
#define STORED 1
#define DUPLICATE 2
#define QUARANTINED 3

/* The document under the event's id: what it is, and the marks of receipts that were quarantined. */
byte what[3];
byte marks[3];
inline shift(to, from)
{
  what[to] = what[from];
  marks[to] = marks[from]
}
#include "replicas.pml"

bool kept[2]; /* in quarantine */
byte entry[2]; /* the outcome in the ledger, or none */
bool isClaim; /* the envelopes are claim checks */
bool claim[2] = true; /* the blob of the claim check is there */
byte ended;
bool expired; /* long after: what was stored has expired, and no replica lags as long */

#ifdef MARKS_IGNORED
#define MARKED(r) false
#else
#define MARKED(r) (((marks[at] >> (r)) & 1) == 1)
#endif

/* The document is as it was when it was found: its ETag matches. */
#ifdef REPLACE_WITHOUT_ETAG
#define UNCHANGED true
#else
#define UNCHANGED (age[_pid] == 0)
#endif

/* What stands there, and what it means for receipt r; decide-outcome.ts. */
inline look(r)
{
  serve();
  found = marks[at];
  if
  :: MARKED(r) -> outcome = QUARANTINED; goto keep
  :: else ->
    if
    :: what[at] == EVENT(r) -> outcome = STORED; goto close
    :: what[at] == EVENT(1 - r) -> outcome = DUPLICATE; goto close
    :: else
    fi
  fi
}

/* A step was done, or a write took effect, and maybe nobody was told: then the delivery is tried again. */
inline mayEnd()
{
  if
  :: true
  :: tries > 0 -> tries--; goto again
  fi
}

proctype Deliver(byte r; byte tries)
{
  byte outcome, found;
again:
  atomic {
    outcome = 0;
    found = 0;
    forget();
#ifndef NO_LOOK_BEFORE_WORK
    /* A replica that lags may not know the entry. */
    if
    :: entry[r] != 0 -> goto done
    :: !expired
    fi;
#endif
    if
    :: isClaim && !claim[r] ->
      /* Another delivery has closed it, or its events are lost. */
      assert(entry[r] != 0);
      goto done
    :: else
    fi;
#ifdef CLAIM_DELETED_EARLY
    claim[r] = false
#endif
  }
create:
  atomic {
    if
    :: goto bury /* the store refuses this document */
    :: what[0] == NOBODY -> change(); what[0] = EVENT(r); marks[0] = 0; mayEnd(); outcome = STORED; goto close
#ifdef ANSWER_DECIDES
    :: outcome = STORED; goto close /* no answer, and nothing was written */
#endif
#ifdef CONFLICT_IS_DUPLICATE
    :: what[0] != NOBODY -> outcome = DUPLICATE; goto close
#else
    :: what[0] != NOBODY -> seeAll() /* 409 */
#endif
    fi
  }
  atomic { look(r) }
  atomic {
    /* A tombstone of others gives way. */
    if
    :: UNCHANGED -> change(); what[0] = EVENT(r); mayEnd(); outcome = STORED; goto close
    :: else -> goto create /* 412 */
    fi
  }
bury:
#ifdef NO_TOMBSTONE
  outcome = QUARANTINED;
  goto keep;
#endif
  atomic {
    if
    :: what[0] == NOBODY ->
      change(); what[0] = TOMBSTONE; marks[0] = 1 << r; mayEnd(); outcome = QUARANTINED; goto keep
    :: else -> seeAll() /* 409 */
    fi
  }
  atomic { look(r) }
  atomic {
    if
    :: UNCHANGED ->
      change(); what[0] = TOMBSTONE; marks[0] = found | (1 << r); mayEnd(); outcome = QUARANTINED; goto keep
    :: else -> goto bury /* 412 */
    fi
  }
keep:
#ifdef ENTRY_EARLY
  atomic { entry[r] = (entry[r] == 0 -> outcome : entry[r]); mayEnd() }
#endif
  atomic { kept[r] = true; mayEnd() }
close:
  atomic {
    if
    :: entry[r] == 0 -> entry[r] = outcome
    :: else -> assert(entry[r] == outcome) /* whoever computes the account computes the same */
    fi;
    mayEnd()
  }
done:
  atomic { claim[r] = false; outcome = 0; found = 0; tries = 0; seeAll(); ended++ }
}

inline check(r)
{
  assert(entry[r] != 0);
  assert((entry[r] == STORED) == (what[0] == EVENT(r)));
  assert(entry[r] != DUPLICATE || what[0] == EVENT(1 - r));
  assert((entry[r] == QUARANTINED) == kept[r]);
  assert(entry[r] != QUARANTINED || ((marks[0] >> r) & 1) == 1)
}

init
{
  atomic {
    if
    :: isClaim = true
    :: true
    fi;
    run Deliver(0, 1); run Deliver(0, 0); run Deliver(1, 1)
  }
  atomic {
    (ended == 3);
    check(0);
    check(1);
    /* Everything is delivered once more. */
    expired = true;
    change();
    what[0] = NOBODY;
    marks[0] = 0;
    run Deliver(0, 0);
    run Deliver(1, 0)
  }
  (ended == 5);
  assert(what[0] == NOBODY)
}
