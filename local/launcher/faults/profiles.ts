/** Everything that can be made to go wrong, by service. */
export const faultKinds = {
  cosmos: [
    "throttled",
    "retry-with",
    "timeout",
    "unavailable",
    "unauthorized",
    "slow",
    "lost-answer",
    "partial-bulk",
    "conflict-gone",
    "disk-full",
    "no-body",
    "html",
    "cut-off",
    "lagging",
    "alone",
    "no-role",
  ],
  "event-hubs": [
    "busy",
    "detached",
    "expired-token",
    "dropped",
    "slow",
    "lost-acknowledgement",
    "detached-unacknowledged",
    "dropped-unacknowledged",
    "dropped-receiver",
    "disk-full",
  ],
  storage: ["unavailable", "slow", "dropped", "lost-answer", "blob-gone"],
  "key-vault": ["unavailable", "throttled", "slow", "dropped", "lost-answer"],
} as const;

export type FaultyService = keyof typeof faultKinds;
export type FaultKind = (typeof faultKinds)[FaultyService][number];

/**
 * Probability of each kind, at each operation that it can befall. Kinds that are not named do not occur. `disk-full`
 * and `blob-gone` last a while once they are drawn; they are counted once for each while. `lagging` is a read that goes
 * to the replica that lags, `alone` one whose session has seen more than that replica, when no other is there.
 */
export type FaultProfile = Readonly<Partial<Record<FaultKind, number>>>;

export const profileNames = ["off", "mild", "wild"] as const;
export type ProfileName = (typeof profileNames)[number];

const wild: Readonly<Record<FaultyService, FaultProfile>> = {
  cosmos: {
    throttled: 0.05,
    "retry-with": 0.01,
    timeout: 0.01,
    unavailable: 0.02,
    unauthorized: 0.003,
    slow: 0.03,
    "lost-answer": 0.02,
    "partial-bulk": 0.05,
    "conflict-gone": 0.02,
    "disk-full": 0.002,
    "no-body": 0.02,
    html: 0.01,
    "cut-off": 0.01,
    lagging: 0.5,
    alone: 0.1,
  },
  "event-hubs": {
    busy: 0.03,
    detached: 0.01,
    "expired-token": 0.005,
    dropped: 0.01,
    slow: 0.03,
    "lost-acknowledgement": 0.01,
    "detached-unacknowledged": 0.01,
    "dropped-unacknowledged": 0.01,
    "dropped-receiver": 0.002,
    "disk-full": 0.002,
  },
  storage: { unavailable: 0.02, slow: 0.03, dropped: 0.01, "lost-answer": 0.02, "blob-gone": 0.1 },
  "key-vault": { unavailable: 0.05, throttled: 0.05, slow: 0.05, dropped: 0.02, "lost-answer": 0.05 },
};

/** `mild`: a tenth of `wild`, a bad day in a region. `wild`: worse than any region has ever had. */
export function profileOf(name: ProfileName, service: FaultyService): FaultProfile {
  if (name === "off") return {};
  const scale = name === "mild" ? 0.1 : 1;
  return Object.fromEntries(Object.entries(wild[service]).map(([kind, probability]) => [kind, probability * scale]));
}
