import { countTokens as countEncoded } from 'gpt-tokenizer/encoding/o200k_base';
import { sliceText } from './slice-text.js';

/**
 * Longest piece given to the tokenizer: byte-pair merging is quadratic in runs without breaks (100,000 letters in one
 * run took 12.8 s whole and 12 ms in slices), and slicing costs less than 1 % more tokens.
 */
const SLICE_LENGTH = 1000;
/** Text that looks like a control token ("<|endoftext|>") is counted as the text it is. */
const AS_PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

/** Number of tokens of `text` in the o200k_base encoding, at most 1 % too high. Linear time. */
export function countTokens(text: string): number {
  let total = 0;
  for (const { start, end } of sliceText(text, SLICE_LENGTH)) {
    total += countEncoded(text.slice(start, end), AS_PLAIN_TEXT);
  }
  return total;
}
