/*
 * A store of one partition whose replicas lag by at most LAG changes. State 0 is the primary's, state 1 the one before,
 * and so on. A model declares its states as arrays of STATES, and `shift(to, from)`, which copies one over another.
 *
 * `age[_pid]` is the session token of a process: how many changes the oldest state has missed that it may be served.
 */
#ifndef LAG
#define LAG 2
#endif
#define STATES (LAG + 1)

byte age[PROCESSES];
/* For one step alone, so no part of a state of the search. */
hidden byte at, process;

/* A read, of any state that is not older than the session. */
inline serve()
{
  at = 0;
  do
#ifdef NO_SESSION
  :: at < LAG -> at++
#else
  :: at < age[_pid] -> at++
#endif
  :: break
  od;
  age[_pid] = at
}

/* Begins the next state, which is like the last one. What a process has seen is older by one. */
inline change()
{
  at = LAG;
  do
  :: at > 0 -> shift(at, at - 1); at--
  :: else -> break
  od;
  process = 0;
  do
  :: process < PROCESSES -> age[process] = (age[process] < LAG -> age[process] + 1 : LAG); process++
  :: else -> break
  od
}

/* A refusal, or a success, tells how far the primary is. */
inline seeAll() { age[_pid] = 0 }

/* Another instance goes on with the work. */
inline forget() { age[_pid] = LAG }
