/** How long the ledger refuses a worker that slept through the end of its run, ms. */
export const lateAsker = 86_400_000;
