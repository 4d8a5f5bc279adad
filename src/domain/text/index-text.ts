/** A passage as the indexes see it: its own words and those it stands under. */
export interface IndexedPassage {
  /** Title of the document. */
  title: string;
  /** Headings it stands under, outermost first. */
  heading: readonly string[];
  /** Words that belong to it but stand elsewhere, e.g. the header row of its table. */
  context: string;
  text: string;
}

/** The text that is embedded for a passage: title, heading path, context and text, a line each, empty ones left out. */
export function indexText({ title, heading, context, text }: IndexedPassage): string {
  return [title, heading.join(' > '), context, text].filter((part) => part.trim() !== '').join('\n');
}
