/** What the checker allows for. All in ms. */
export const tolerance = {
  /** Between the clocks of Redis and of the targets, and rounding. */
  clocks: 5,
  /** Until an acknowledged alert has its incident and its first run: a message whose handling failed again and again, for Redis was away, waits for up to half a minute. */
  taken: 60_000,
  /** Until a run has ended while processes go on dying around it; at the end all have. */
  life: 300_000,
  /** From the end of an alert to the last effect for it: evidence may be as old as a guard's patience and an admission's age, and a request may be held up on its way. */
  over: 3500,
  /** The longest that the network holds a request back, also when whoever sent it has given it up. */
  onItsWay: 1200,
  /** A cooldown begins shortly before the end that it is counted from. */
  cooldown: 1500,
} as const;
