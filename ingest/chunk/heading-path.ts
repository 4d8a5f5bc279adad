/** Longest heading kept, in code units: a parser may take a whole paragraph for one. */
const MAX_HEADING = 200;

/** The headings that the text stands under, outermost first, as they change while the document is read. */
export interface HeadingPath {
  /** Enters a heading: it ends all of its level and below. */
  enter(level: number, text: string): void;
  current(): string[];
}

/** An empty path. It lives as long as the document, so sections go on over page ends. */
export function createHeadingPath(): HeadingPath {
  let path: { level: number; text: string }[] = [];
  let current: string[] = [];
  return {
    enter(level, raw) {
      const text = raw
        .replace(/^[\s#]+|[\s#]+$/gu, '')
        .replace(/\s+/gu, ' ')
        .slice(0, MAX_HEADING);
      path = path.filter((heading) => heading.level < level);
      if (text !== '') path.push({ level, text });
      current = path.map((heading) => heading.text);
    },
    current: () => current,
  };
}
