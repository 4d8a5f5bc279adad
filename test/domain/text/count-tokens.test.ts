import { countTokens as countWhole } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { countTokens } from '../../../src/domain/text/count-tokens.js';

const PROSE = 'The annual report says that revenue grew by 3.2 % in 2018, mostly abroad. '.repeat(200);

describe('countTokens', () => {
  it('counts as the encoding does, within 1 %', () => {
    expect(countTokens('Hello, world!')).toBe(countWhole('Hello, world!'));
    expect(countTokens(PROSE) / countWhole(PROSE)).toBeGreaterThanOrEqual(1);
    expect(countTokens(PROSE) / countWhole(PROSE)).toBeLessThan(1.01);
    expect(countTokens('')).toBe(0);
  });

  it('counts control tokens of models as text', () => {
    expect(countTokens('<|endoftext|> <|im_start|>')).toBeGreaterThan(4);
  });

  it('takes linear time on runs without breaks', () => {
    for (const text of ['a'.repeat(1_000_000), '漢字'.repeat(250_000), ' '.repeat(1_000_000)]) {
      const started = performance.now();
      countTokens(text);
      expect(performance.now() - started).toBeLessThan(8000);
    }
  }, 40_000);
});
