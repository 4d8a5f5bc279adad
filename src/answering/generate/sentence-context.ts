/** What stands above a sentence: headings and the header row of a table give its words their meaning. */
import type { GroundedPassage, GroundedSentence } from '../ground/ground-passages.js';

export interface PlacedSentence {
  sentence: GroundedSentence;
  /** Title, heading path, and the headings and header row above it within the passage. */
  context: string;
  /** A heading or a header row: it announces an answer and does not hold one. */
  heading: boolean;
}

const MAX_HEADING_WORDS = 9;

/** The sentences of a passage with what stands above each. */
export function placeSentences({ passage, sentences }: GroundedPassage): PlacedSentence[] {
  const above = [passage.documentTitle, ...passage.heading].join('\n');
  let headingAbove = '';
  let headerAbove = '';
  return sentences.map((sentence, index) => {
    const previous = sentences[index - 1]?.text ?? '';
    const following = sentences[index + 1]?.text ?? '';
    const row = isRow(sentence.text);
    const header = row && !isRow(previous) && isRow(following) && !/\d/.test(sentence.text);
    const heading = !row && isHeading(sentence.text) && following !== '';
    if (heading) [headingAbove, headerAbove] = [sentence.text, ''];
    if (header) headerAbove = sentence.text;
    const context = [above, heading ? '' : headingAbove, row && !header ? headerAbove : ''].join('\n');
    return { sentence, context, heading: heading || header };
  });
}

function isRow(text: string): boolean {
  return /^\s*\|/.test(text);
}

/** Markdown headings, and short lines without a full stop or a figure. */
function isHeading(text: string): boolean {
  const bare = text.trim();
  if (/^#{1,6}\s/.test(bare)) return true;
  const words = bare.split(/\s+/).length;
  return (
    words <= MAX_HEADING_WORDS &&
    !/[.!?。！？:;,]["'”)]?$/.test(bare) &&
    !/\d/.test(bare.replace(/^[\d.]+\s/, '')) &&
    !/^[-*•]\s/.test(bare)
  );
}
