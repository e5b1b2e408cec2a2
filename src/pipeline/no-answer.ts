/** How the reason of a decision begins where the guard, or the ledger, could not be asked. */
export const noAnswer = 'could not be answered: ';
