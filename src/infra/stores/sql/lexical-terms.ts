import type { WeightedTerm } from '../../../domain/ports/lexical-index.js';
import { storableText } from './sql-functions.js';

/** Longer terms are told apart by their first characters only: PostgreSQL cannot index texts above about 2,700 bytes. */
const TERM_LENGTH = 250;

/** The term as the databases keep it: bounded in length, without NUL and lone surrogates. */
export function storableTerm(term: string): string {
  return storableText(term.slice(0, TERM_LENGTH));
}

/**
 * Terms by their stored form with weights added up; terms without a positive finite weight are left out. In order of
 * first occurrence.
 */
export function addUpTerms(terms: readonly WeightedTerm[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { term, weight } of terms) {
    if (!(weight > 0 && Number.isFinite(weight))) continue;
    const stored = storableTerm(term);
    weights.set(stored, (weights.get(stored) ?? 0) + weight);
  }
  return weights;
}
