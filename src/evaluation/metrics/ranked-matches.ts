/**
 * A ranking as the metrics see it: for each place, best first, the numbers (from 0) of the gold items that the result
 * there satisfies; an empty list is a miss.
 */
export type RankedMatches = readonly (readonly number[])[];
