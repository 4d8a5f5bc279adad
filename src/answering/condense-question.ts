/**
 * The question as it is searched for: one line, composed Unicode, no hidden characters. This is where a follow-up becomes
 * a stand-alone question once there are conversations.
 */
import { dropInvisible } from '../domain/text/normalise-text.js';

/** The stand-alone form of a question. */
export function condenseQuestion(question: string): string {
  const condensed = dropInvisible(question.normalize('NFC')).replace(/\s+/gu, ' ').trim();
  return condensed === '' ? question : condensed;
}
