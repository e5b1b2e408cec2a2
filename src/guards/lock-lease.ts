/** How long a lock or place is held without being extended, ms: longer than a run's lease, so that a crashed run's successor still holds it. */
export const lockLease = 30_000;
