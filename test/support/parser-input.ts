/** Input for a parser from bytes or text. */
import { DEFAULT_PARSE_LIMITS, type ParseLimits, type ParserInput } from '../../ingest/parse/parser.js';

/** Text is encoded as UTF-8. */
export function parserInput(content: string | Uint8Array, limits: Partial<ParseLimits> = {}): ParserInput {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { bytes, filename: 'file', limits: { ...DEFAULT_PARSE_LIMITS, ...limits } };
}
