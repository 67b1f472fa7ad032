/*
 * Two slots of one org, and what a reader of both sees. An entry lies in the slot that its receipt names. An event of it
 * that was stored is discarded later, which an adjustment says. Each slot is read as it was at one moment, and the
 * moments differ (ledger-deltas.pml is about one slot).
 */
#define PROCESSES 6

/* How often each slot counts the event as accepted, and as moved from stored to discarded. */
byte entries0[3], entries1[3];
byte discards0[3], discards1[3];
inline shift(to, from)
{
  entries0[to] = entries0[from];
  entries1[to] = entries1[from];
  discards0[to] = discards0[from];
  discards1[to] = discards1[from]
}
#include "replicas.pml"

byte ended;

/* `slot`: the one in which this release looks for the entry, and makes it. */
proctype Settle(byte slot; byte tries)
{
again:
  atomic {
    if
    :: (slot == 0 -> entries0[0] : entries1[0]) > 0
    :: else ->
      change();
      if
      :: slot == 0 -> entries0[0] = entries0[0] + 1
      :: else -> entries1[0] = entries1[0] + 1
      fi;
      if
      :: true
      :: tries > 0 -> tries--; goto again
      fi
    fi
  }
  ended++
}

/* Somebody discards the event, when its receipt is settled: `adj.<receipt>.<index>.discarded`, created once. */
proctype Discard(byte tries)
{
#ifndef ADJUSTMENT_BEFORE_ENTRY
  (entries0[0] + entries1[0] > 0);
#endif
again:
  atomic {
    if
#ifndef ADJUSTMENT_BY_TRY
    :: discards0[0] + discards1[0] > 0
#endif
    :: else ->
      change();
#ifdef ADJUSTMENT_IN_ANOTHER_SLOT
      discards1[0] = discards1[0] + 1;
#else
      discards0[0] = discards0[0] + 1;
#endif
      if
      :: true
      :: tries > 0 -> tries--; goto again
      fi
    fi
  }
  ended++
}

/* Another slot is another range: what was seen of one says nothing of the other. */
proctype Read()
{
  byte accepted, discarded;
  atomic { forget(); serve(); accepted = entries0[at]; discarded = discards0[at] }
  atomic {
    forget();
    serve();
    accepted = accepted + entries1[at];
    discarded = discarded + discards1[at];
    assert(accepted <= 1);
    assert(discarded <= accepted); /* stored is never less than nothing */
    ended++
  }
}

init
{
  atomic {
    run Settle(0, 1);
#ifdef ANOTHER_SLOT
    run Settle(1, 0);
#else
    run Settle(0, 0);
#endif
    run Discard(1); run Discard(0); run Read()
  }
  (ended == 5);
  assert(entries0[0] + entries1[0] == 1);
  assert(discards0[0] + discards1[0] == 1)
}
