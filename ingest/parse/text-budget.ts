/** Counts the text that a document gives while it is read, so that repeats cannot grow beyond what may be stored. */
import { type ParseLimits, tooMuchText } from './parser.js';

/** What is left of {@link ParseLimits.maxCharacters}. */
export interface TextBudget {
  /** @throws AppError `inflated_too_large` when there is not so much left */
  spend(characters: number): void;
}

/** A budget for one document. */
export function createTextBudget(limits: ParseLimits): TextBudget {
  let left = limits.maxCharacters;
  return {
    spend(characters) {
      left -= characters;
      if (left < 0) throw tooMuchText();
    },
  };
}
