/** Names and negations of a sentence, as far as they can be told without a model. */

const WORD = /\p{L}[\p{L}\p{M}\p{N}'’.-]*/gu;
const CAPITALISED = /^\p{Lu}/u;
const ACRONYM = /^(?:\p{Lu}|\d){2,}s?$/u;
/** Above this share of capital letters inside a sentence they mark nouns (German) or a headline, not names. */
const NOUN_SHARE = 0.3;

/**
 * Words of a sentence that look like names: capitalised inside the sentence, or all capitals. The first word is left out
 * unless it is an acronym. Empty for languages and headlines that capitalise much else.
 */
export function findNames(sentence: string): string[] {
  const words = Array.from(sentence.matchAll(WORD), ([word]) => word.replace(/[.'’-]+$|['’]s$/u, ''));
  const inner = words.slice(1);
  const capitalised = inner.filter((word) => CAPITALISED.test(word) && word !== 'I');
  if (inner.length >= 6 && capitalised.length / inner.length > NOUN_SHARE)
    return words.filter((word) => ACRONYM.test(word));
  const first = words[0];
  return first !== undefined && ACRONYM.test(first) ? [first, ...capitalised] : capitalised;
}

/** The first word when it is capitalised: a name, or just the beginning of a sentence. */
export function firstCapital(sentence: string): string | null {
  const first = /^[\s"'“„«(*-]*(\p{L}[\p{L}\p{M}'’-]*)/u.exec(sentence)?.[1];
  return first !== undefined && CAPITALISED.test(first) ? first.replace(/['’]s$/u, '') : null;
}

const NEGATION =
  /(?<![\p{L}\p{M}])(?:not|no(?!\.?\s*\d)|never|none|neither|nor|cannot|without|nothing|nobody|\p{L}+n['’]t|nicht|kein\p{L}*|nie|niemals|ohne|weder|ne|jamais|aucun\p{L}*|sans|nunca|ningun\p{L}*|ningún|sin|mai|nessun\p{L}*|senza|não|nao|sem|nenhum\p{L}*|niet|geen|nooit|zonder|не|нет|ни|никогда|без|нельзя|prohibited|forbidden|excluded|verboten|untersagt|interdit|prohibido)(?![\p{L}\p{M}])|[不没沒未无無非]|(?<!\p{L})(?:لا|لم|لن|ليس|ليست|غير|بدون)(?!\p{L})/iu;

/** Words with which a positive sentence says the same as a negated one: "not more than five" is "up to five". */
const LIMIT =
  /(?<![\p{L}\p{M}])(?:up to|at most|at least|only|maximum|minimum|max|min|until|unless|except|less|fewer|more|below|above|limited?|under|over|before|höchstens|mindestens|nur|maximal|bis|außer|weniger|mehr|moins|plus|jusqu\p{L}*|seulement|sauf|máximo|mínimo|hasta|sólo|solo|menos|más)(?![\p{L}\p{M}])/iu;

/** True when the sentence denies something. */
export function isNegated(sentence: string): boolean {
  return NEGATION.test(sentence);
}

/** True when the sentence sets a bound, so that its negations cannot be compared word by word. */
export function setsLimit(sentence: string): boolean {
  return LIMIT.test(sentence);
}
