/** So many of the runs that have the places of a slot are named where none is left. */
export const namedHolders = 10;
