/** Takes secrets out of text that others wrote: messages and stacks of errors from providers and drivers. */

const MAX_LENGTH = 2000;

const SECRETS: [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [redacted]'],
  // Keys by their habit: a short prefix, a dash or underscore, a long random rest (sk-…, fn_…, hf_…).
  [/\b(sk|pk|rk|fn|hf|gsk|xai|ghp)[-_][A-Za-z0-9*_-]{8,}/g, '$1-[redacted]'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi, '$1[redacted]@'],
  [/\b((?:api[-_]?key|token|password|secret)["']?\s*[=:]\s*["']?)[^\s"',;&}]{4,}/gi, '$1[redacted]'],
];

/** The text without what looks like a secret, cut to 2,000 characters. */
export function scrub(text: string): string {
  return SECRETS.reduce(
    (result, [pattern, replacement]) => result.replace(pattern, replacement),
    text.slice(0, MAX_LENGTH),
  );
}
