/** The sentence that stands in place of an answer: what was searched and what came nearest, in the asker's language. */
import type { RefusalReason } from '../domain/answer.js';
import { detectLanguage } from '../domain/text/detect-language.js';
import type { Evidence } from './ground/ground-passages.js';

export interface Refusal {
  reason: RefusalReason;
  question: string;
  collections: string[];
  evidence: Evidence;
  /** Language the asker wants, if any. */
  answerLanguage?: string | undefined;
}

interface Phrases {
  empty: string;
  missing: string;
  nearest: string;
  page: string;
}

const ENGLISH: Phrases = {
  empty: 'Nothing was found for this question in {collections}.',
  missing: 'The documents in {collections} do not answer this question.',
  nearest: 'The nearest passages are in {titles}.',
  page: 'page',
};

const PHRASES: Record<string, Phrases> = {
  de: {
    empty: 'Zu dieser Frage wurde in {collections} nichts gefunden.',
    missing: 'Die Dokumente in {collections} beantworten diese Frage nicht.',
    nearest: 'Am nächsten kommen {titles}.',
    page: 'Seite',
  },
  fr: {
    empty: 'Rien n’a été trouvé pour cette question dans {collections}.',
    missing: 'Les documents de {collections} ne répondent pas à cette question.',
    nearest: 'Les passages les plus proches se trouvent dans {titles}.',
    page: 'page',
  },
  es: {
    empty: 'No se ha encontrado nada sobre esta pregunta en {collections}.',
    missing: 'Los documentos de {collections} no responden a esta pregunta.',
    nearest: 'Los pasajes más cercanos están en {titles}.',
    page: 'página',
  },
};

/** Sources that a refusal names at most. */
const MAX_TITLES = 3;

/** The text of a refusal. It holds titles of the searched documents and no sentence of theirs. */
export function describeRefusal({ reason, question, collections, evidence, answerLanguage }: Refusal): string {
  const language = (answerLanguage ?? detectLanguage(question) ?? 'en').slice(0, 2).toLowerCase();
  const phrases = PHRASES[language] ?? ENGLISH;
  const searched = collections.map((collection) => `“${plain(collection)}”`).join(', ');
  const sentence = (reason === 'no-passages' ? phrases.empty : phrases.missing).replace(
    '{collections}',
    () => searched,
  );
  const titles = nearestTitles(evidence, phrases.page);
  return titles === '' ? sentence : `${sentence} ${phrases.nearest.replace('{titles}', () => titles)}`;
}

function nearestTitles(evidence: Evidence, pageWord: string): string {
  const titles = evidence.passages.map(({ passage: { documentTitle, page, pageLabel } }) =>
    page === null
      ? `“${plain(documentTitle)}”`
      : `“${plain(documentTitle)}” (${pageWord} ${plain(pageLabel ?? String(page))})`,
  );
  return [...new Set(titles)].slice(0, MAX_TITLES).join(', ');
}

/** Names chosen by users, without what a renderer could turn into a link, an image or an element. */
function plain(name: string): string {
  return name
    .replace(/[[\]<>!`*_]|\w+:\/\//g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 120);
}
