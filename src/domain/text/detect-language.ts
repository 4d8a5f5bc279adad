import { eld } from 'eld/small';

/** The detector reads no more than this; a sample is enough and the time stays bounded. */
const SAMPLE_LENGTH = 4000;

/** ISO 639-1 code of the text's language; null when the detector is not sure, e.g. for a few digits. */
export function detectLanguage(text: string): string | null {
  const result = eld.detect(text.slice(0, SAMPLE_LENGTH));
  return result.language !== '' && result.isReliable() ? result.language : null;
}
