/**
 * The stories of an RTF file: the text itself, and the footnotes, comments and text boxes that stand inside its
 * paragraphs and must not break them apart. Notes are gathered for the end of the document.
 */
import type { PendingBlock } from './assemble-document.js';
import { joinLines } from './clean-text.js';
import { createRtfBlocks, type RtfBlocks, tidy } from './rtf-blocks.js';
import type { RtfGroup } from './rtf-groups.js';
import { createRtfTextBuffer, type RtfTextBuffer } from './rtf-text.js';

/** What a story inside another one is. */
export type RtfStoryKind = 'footnote' | 'comment' | 'box';

interface Story {
  blocks: RtfBlocks;
  text: RtfTextBuffer;
  marker: RtfTextBuffer;
}

/** The story that is being read, and those around it. */
export interface RtfStories {
  text(): RtfTextBuffer;
  marker(): RtfTextBuffer;
  /** Ends what a control word ends in the story that is being read. */
  endParagraph(group: RtfGroup, headingLevel: number | null): void;
  endCell(): void;
  endRow(): void;
  /** Begins a story; gives what ends it. */
  begin(kind: RtfStoryKind): () => void;
  /** Ends all stories; notes come last, as a list. */
  finish(group: RtfGroup): PendingBlock[];
}

/** The text itself is open. */
export function createRtfStories(): RtfStories {
  const stories: Story[] = [createStory()];
  const notes: string[] = [];
  let footnotes = 0;

  function current(): Story {
    // The first story is never ended, so one is always there.
    return stories.at(-1) as Story;
  }

  function endParagraph(group: RtfGroup, headingLevel: number | null): void {
    const { blocks, text, marker } = current();
    const mark = joinLines(tidy(marker.take()));
    blocks.endParagraph({
      text: text.take(),
      marker: mark === 'o' ? '-' : mark,
      headingLevel,
      isInTable: group.isInTable,
    });
  }

  function end(kind: RtfStoryKind, number: number): void {
    const { blocks, text } = current();
    blocks.endParagraph({ text: text.take(), marker: '', headingLevel: null, isInTable: false });
    stories.pop();
    const found = blocks.finish();
    if (kind === 'box') {
      current().blocks.addBehind(found);
      return;
    }
    const note = found.map((block) => joinLines(block.text)).join(' ');
    if (note !== '') notes.push(kind === 'footnote' ? `${number}. ${note}` : `- ${note}`);
  }

  return {
    text: () => current().text,
    marker: () => current().marker,
    endParagraph,
    endCell() {
      const { blocks, text, marker } = current();
      marker.take();
      blocks.endCell(text.take());
    },
    endRow: () => current().blocks.endRow(),
    begin(kind) {
      if (kind === 'footnote') {
        footnotes++;
        current().text.addText(`[${footnotes}]`);
      }
      const number = footnotes;
      stories.push(createStory());
      return () => end(kind, number);
    },
    finish(group) {
      endParagraph(group, null);
      const blocks = current().blocks.finish();
      if (notes.length > 0) blocks.push({ kind: 'list', text: notes.join('\n') });
      return blocks;
    },
  };
}

function createStory(): Story {
  return { blocks: createRtfBlocks(), text: createRtfTextBuffer(), marker: createRtfTextBuffer() };
}
