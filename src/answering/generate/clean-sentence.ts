/**
 * A stored sentence as prose: Markdown marks, table bars, comments and bracketed numbers go, words stay. Used for showing
 * only; the quote of the citation keeps the stored text.
 */
export function cleanSentence(sentence: string): string {
  return sentence
    .replace(/<!--[\s\S]*?(?:-->|$)/g, ' ')
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/[[【]\s*(?:\^?\d+(?:[.,;\s–-]+\d+)*|citation needed|note \d+)\s*[\]】]/gi, '')
    .replace(/^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+•]\s+|\d{1,3}[.)]\s+(?=\p{L}))/u, '')
    .replace(/^\s*\|\s*|\s*\|\s*$/g, '')
    .replace(/\s*\|\s*/g, ', ')
    .replace(/(\*\*|__|`+)(?=\S)([^\n]*?\S)\1/g, '$2')
    .replace(/\s+/gu, ' ')
    .trim();
}
