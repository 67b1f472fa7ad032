import type { Found, NotStored, SentEvent, Step, Subject } from "../../../bench/history/step.ts";
import { createRandom, type Random } from "../../../local/launcher/faults/random.ts";
import { counts, event, pending } from "./tell-history.ts";

/** A fault of the simulated service; without one its histories are true. */
export type Defect = "no session" | "longer lag" | "lost event" | "counted twice";

interface Envelope {
  readonly receipt: string;
  readonly events: readonly SentEvent[];
  stored: boolean;
}

interface Entry {
  readonly receipt: string;
  readonly notStored: readonly NotStored[];
  readonly events: readonly SentEvent[];
}

type Container = "events" | "ledger";

interface Reading {
  readonly reading: number;
  readonly of: Subject;
  found?: Found;
}

const ORG = "a";
const types = ["t", "u"];
const DAY = "2026-11-01";

interface Replica {
  upTo: number;
  since: number;
}

interface World {
  readonly random: Random;
  readonly lagMs: number;
  readonly defect: Defect | undefined;
  readonly steps: Step[];
  /** By event id: who stored it, as the how manieth of all. */
  readonly storedBy: Map<string, { readonly receipt: string; readonly nth: number; readonly type: string }>;
  readonly entries: Entry[];
  /** To be worked on; of them, to be answered; and answered. */
  readonly envelopes: Envelope[];
  readonly answers: Envelope[];
  readonly known: Envelope[];
  readonly readings: Reading[];
  readonly replicas: Readonly<Record<Container, Replica>>;
  /** What the instance has seen. */
  seen: Record<Container, number>;
  instance: number;
  at: number;
  made: number;
  calm: boolean;
}

/**
 * The history of a small service that is right: events are stored once, a ledger entry follows, and reads go to
 * instances with sessions, one after the other, over replicas that lag.
 */
export function simulateHistory(seed: number, lagMs: number, defect?: Defect): Step[] {
  const random = createRandom(seed);
  const world = createWorld(random, lagMs, defect);
  const actions = [send, answer, work, work, ask, ask, ask, end, end, end];
  for (let i = 0; i < 250; i++) {
    world.at += random.below(lagMs / 10);
    if (random.chance(0.03)) replaceInstance(world);
    else random.pick(actions)(world);
  }
  rest(world);
  return world.steps;
}

function createWorld(random: Random, lagMs: number, defect: Defect | undefined): World {
  return {
    ...{ random, lagMs, defect, steps: [], storedBy: new Map(), entries: [], envelopes: [], answers: [], known: [] },
    readings: [],
    replicas: { events: { upTo: 0, since: 0 }, ledger: { upTo: 0, since: 0 } },
    seen: { events: 0, ledger: 0 },
    ...{ instance: 1, at: 0, made: 0, calm: false },
  };
}

function send(world: World): void {
  const { random, steps, envelopes, answers, known, at } = world;
  const fresh = Array.from({ length: 1 + random.below(3) }, (): SentEvent => {
    const type = random.pick(types);
    return { id: `e${++world.made}`, type, cell: `${type} ${DAY}` };
  });
  steps.push({ at, is: "sends", org: ORG, fresh });
  const earlier = random.chance(0.3) && known.length > 0 ? random.pick(known).events.slice(0, 1) : [];
  const invalid = random.chance(0.3) ? [{ id: "", type: "", cell: undefined }] : [];
  const events = [...fresh, ...invalid, ...earlier];
  // An answer that is lost: the events are sent again, and both tries are worked on.
  if (random.chance(0.2)) envelopes.push({ receipt: `lost ${world.made}`, events, stored: false });
  const envelope = { receipt: `r${world.made}`, events, stored: false };
  envelopes.push(envelope);
  answers.push(envelope);
}

function answer({ steps, answers, known, at }: World): void {
  const envelope = answers.shift();
  if (!envelope) return;
  const { receipt, events } = envelope;
  known.push(envelope);
  steps.push({ at, is: "takes", org: ORG, receipt, accepted: events.length, events });
}

function work(world: World): void {
  const { random, envelopes, entries, defect } = world;
  if (envelopes.length === 0) return;
  const envelope = random.pick(envelopes);
  if (!envelope.stored) {
    store(world, envelope);
    return;
  }
  envelopes.splice(envelopes.indexOf(envelope), 1);
  const entry = { ...envelope, notStored: judge(world, envelope) };
  entries.push(entry);
  if (defect === "counted twice" && random.chance(0.05)) entries.push(entry);
}

function store({ random, storedBy, defect }: World, envelope: Envelope): void {
  const { receipt, events } = envelope;
  for (const { id, type, cell } of events) {
    if (defect === "lost event" && random.chance(0.02)) continue;
    if (cell !== undefined && !storedBy.has(id)) storedBy.set(id, { receipt, nth: storedBy.size, type });
  }
  envelope.stored = true;
}

function judge({ storedBy }: World, { receipt, events }: Envelope): NotStored[] {
  return events.flatMap(({ id, cell }, index): NotStored[] => {
    if (cell === undefined) return [{ index, result: "quarantined" }];
    return (storedBy.get(id)?.receipt ?? receipt) === receipt ? [] : [{ index, result: "duplicate" }];
  });
}

function ask(world: World, of: Subject = chooseSubject(world)): Reading {
  const { readings, steps, at, instance } = world;
  const reading = { reading: ++world.made, of };
  readings.push(reading);
  steps.push({ at, is: "asks", reading: reading.reading, instance, of });
  return reading;
}

function chooseSubject({ random, known }: World): Subject {
  const what = random.pick(["receipt", "event", "metrics", "ledger"] as const);
  if (what === "metrics" || what === "ledger") return { what, org: ORG };
  if (known.length === 0) return { what: "metrics", org: ORG };
  const { receipt, events } = random.pick(known);
  return { what, org: ORG, id: what === "receipt" ? receipt : random.pick(events).id };
}

/** The number of changes that a read of this container sees. */
function view({ random, replicas, seen, at, lagMs, defect, calm, ...world }: World, container: Container): number {
  const replica = replicas[container];
  const last = container === "events" ? world.storedBy.size : world.entries.length;
  let upTo = last;
  if (!calm && random.chance(0.6)) {
    const isLate = at - replica.since >= lagMs * (defect === "longer lag" ? 10 : 1);
    if (isLate) Object.assign(replica, { upTo: last, since: at });
    if (replica.upTo >= seen[container]) upTo = replica.upTo;
  }
  if (defect !== "no session") seen[container] = Math.max(seen[container], upTo);
  return upTo;
}

function serve(world: World, { what, id = "" }: Subject): Found {
  if (what === "event") {
    const upTo = view(world, "events");
    const stored = world.storedBy.get(id);
    return event(stored && stored.nth < upTo ? stored.type : undefined);
  }
  const there = world.entries.slice(0, view(world, "ledger"));
  if (what !== "receipt") return what === "metrics" ? countCells(there) : countOutcomes(there);
  const accepted = world.known.find(({ receipt }) => receipt === id)?.events.length ?? 0;
  const entry = there.find(({ receipt }) => receipt === id);
  if (!entry) return pending(accepted);
  return { what, receipt: { accepted, settled: { outcomes: outcomesOf(entry), notStored: entry.notStored } } };
}

/** A reading is served, and later its answer arrives. */
function end(world: World): void {
  const { random, readings } = world;
  if (readings.length === 0) return;
  const reading = random.pick(readings);
  if (!reading.found && random.chance(0.5)) reading.found = serve(world, reading.of);
  else finish(world, reading);
}

function finish(world: World, reading: Reading): void {
  const { readings, steps, at, instance } = world;
  readings.splice(readings.indexOf(reading), 1);
  const found = reading.found ?? serve(world, reading.of);
  steps.push({ at, is: "reads", reading: reading.reading, instance, found });
}

function replaceInstance(world: World): void {
  world.instance++;
  world.seen = { events: 0, ledger: 0 };
}

/** Everything is answered and settled, no replica lags any more, and all is read once more. */
function rest(world: World): void {
  while (world.answers.length > 0) answer(world);
  while (world.envelopes.length > 0) work(world);
  world.calm = true;
  world.at += world.lagMs;
  while (world.readings.length > 0) end(world);
  for (const { receipt, events } of world.known) {
    finish(world, ask(world, { what: "receipt", org: ORG, id: receipt }));
    for (const { id, cell } of events) if (cell) finish(world, ask(world, { what: "event", org: ORG, id }));
  }
  for (const what of ["metrics", "ledger"] as const) finish(world, ask(world, { what, org: ORG }));
}

function outcomesOf({ events, notStored }: Entry): readonly [number, number, number] {
  const count = (result: NotStored["result"]): number => notStored.filter((one) => one.result === result).length;
  return [events.length - notStored.length, count("duplicate"), count("quarantined")];
}

function countCells(entries: readonly Entry[]): Found {
  const cells: Record<string, number> = {};
  for (const { events, notStored } of entries)
    for (const [index, { cell = "" }] of events.entries())
      if (!notStored.some((one) => one.index === index)) cells[cell] = (cells[cell] ?? 0) + 1;
  return counts("metrics", cells);
}

function countOutcomes(entries: readonly Entry[]): Found {
  const [stored, duplicate, quarantined] = [0, 1, 2].map((i) =>
    entries.reduce((sum, entry) => sum + (outcomesOf(entry)[i] ?? 0), 0),
  );
  return counts("ledger", { stored: stored ?? 0, duplicate: duplicate ?? 0, quarantined: quarantined ?? 0 });
}
