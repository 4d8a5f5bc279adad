import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatChunk, ChatModel } from '../../src/domain/ports/chat-model.js';

/** Models that show one behaviour each. */
export interface ChatModelSubject {
  /** Says `text` and stops. */
  saying(text: string): Promise<ChatModel>;
  /** Says something and stops for length. */
  cutByLength(): Promise<ChatModel>;
  /** Cannot be reached. */
  unavailable(): Promise<ChatModel>;
  /** Fails in the middle of a text. */
  failingMidway(): Promise<ChatModel>;
  close(): Promise<void>;
}

const MESSAGES = [{ role: 'user' as const, content: 'Say it.' }];

async function collect(model: ChatModel, signal?: AbortSignal): Promise<ChatChunk[]> {
  const chunks: ChatChunk[] = [];
  for await (const chunk of model.stream({ messages: MESSAGES, signal })) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: ChatChunk[]) => chunks.map((chunk) => (chunk.type === 'text' ? chunk.text : '')).join('');

/** What every chat model must do. */
export function describeChatModelContract(name: string, makeSubject: () => Promise<ChatModelSubject>): void {
  describe(`${name} as a chat model`, () => {
    let subject: ChatModelSubject;
    beforeAll(async () => {
      subject = await makeSubject();
    });
    afterAll(() => subject.close());

    it('streams the whole text, then exactly one finish', async () => {
      const text = 'Ünïcode “quotes” 😀 世界 [2.3]\n\nand a second paragraph.';
      const chunks = await collect(await subject.saying(text));
      expect(textOf(chunks)).toBe(text);
      expect(chunks.filter(({ type }) => type === 'finish')).toHaveLength(1);
      expect(chunks.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
      expect(chunks.every((chunk) => chunk.type !== 'text' || chunk.text !== '')).toBe(true);
    });

    it('says when the text was cut by length', async () => {
      expect((await collect(await subject.cutByLength())).at(-1)).toMatchObject({ type: 'finish', reason: 'length' });
    });

    it('throws model_unavailable when it cannot be reached', async () => {
      await expect(collect(await subject.unavailable())).rejects.toMatchObject({ code: 'model_unavailable' });
    });

    it('throws a model error when the text breaks off', async () => {
      await expect(collect(await subject.failingMidway())).rejects.toMatchObject({
        code: expect.stringMatching(/^model_/),
      });
    });

    it('throws the reason of an aborted signal', async () => {
      const reason = new Error('enough');
      await expect(collect(await subject.saying('x'), AbortSignal.abort(reason))).rejects.toBe(reason);
      const controller = new AbortController();
      const model = await subject.saying('A long text that is not read to its end. '.repeat(50));
      const reading = (async () => {
        for await (const _chunk of model.stream({ messages: MESSAGES, signal: controller.signal }))
          controller.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
    });

    it('has a name', async () => {
      expect((await subject.saying('x')).id).not.toBe('');
    });
  });
}
