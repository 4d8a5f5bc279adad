/** What kind of thing a question asks for, and whether a sentence holds such a thing. */
import { isStopWord } from '../../domain/text/stop-words.js';

export type QuestionType = 'who' | 'when' | 'number' | 'where' | 'why' | 'definition' | 'other';

const PATTERNS: [QuestionType, RegExp][] = [
  [
    'when',
    /\b(?:when|what (?:year|date|day|month|century|time)|which (?:year|date|day|month|century)|in what year|wann|seit wann|bis wann|quand|cuándo|cuando|когда)\b|何时|什么时候/iu,
  ],
  [
    'number',
    /\b(?:how (?:many|much|long|quickly|soon|old|far|often|large|big|high|tall|fast|late|early)|what (?:percent\w*|percentage|number|share|amount|is the (?:number|amount|limit|maximum|minimum|price|cost|rate|population))|wie ?(?:viele?|lange|oft|hoch|groß|weit)|combien|cuánt[oa]s?|cuant[oa]s?|сколько)\b|多少|几/iu,
  ],
  [
    'who',
    /\b(?:who|whom|whose|which (?:person|team|company|player|king|president)|wer|wen|wem|wessen|qui|quién|quien(?:es)?|кто|кого|кому)\b|谁/iu,
  ],
  [
    'where',
    /\b(?:where|in (?:what|which) (?:city|country|state|place|region|town|part)|what (?:city|country|state|place|region|town)|wo|wohin|woher|où|dónde|donde|где|куда)\b|哪里|哪儿/iu,
  ],
  [
    'why',
    /\b(?:why|what (?:caused|is the reason)|for what reason|warum|weshalb|wieso|pourquoi|por qué|почему)\b|为什么/iu,
  ],
  [
    'definition',
    /^\s*(?:what (?:is|are|does)|was (?:ist|sind|bedeutet|heißt)|qu['’]est-ce|qué (?:es|son)|что такое)\b/iu,
  ],
];

const MONTH =
  '(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|ma[yi]|june?|juni|july?|juli|aug(?:ust)?|sep(?:tember)?|oct(?:ober)?|oktober|nov(?:ember)?|dec(?:ember)?|dezember)';
const TIME = new RegExp(
  `\\b(?:1\\d{3}|20\\d{2})s?\\b|\\b${MONTH}\\.? \\d|\\b\\d{1,2}\\.? ${MONTH}\\b|\\b\\d{1,2}(?::\\d{2})? ?(?:am|pm|uhr|o['’]clock)\\b|\\bcentury\\b|\\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\\b`,
  'iu',
);
const NUMBER =
  /\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|million|billion|half|third|quarter|dozen|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn)\b/iu;
const REASON =
  /\b(?:because|due to|since|therefore|as a result|in order to|so that|caused|reason|leads? to|weil|wegen|damit|deshalb|parce que|porque)\b/iu;
const PLACE = /\b(?:in|at|near|from|to|of|nach|aus|bei|à|en)\s+(?:the\s+)?\p{Lu}\p{Ll}+/u;
const NAME = /(?<!^)(?<![.!?]\s)\b\p{Lu}\p{Ll}+/u;
const IS = /\b(?:is|are|was|were|means|refers to|called|known as|defined|ist|sind|bedeutet|est|sont|es|son)\b/iu;

/** Words that ask and say nothing about what is asked for. */
const ASKING =
  /\b(?:how (?:many|much|long|quickly|soon|old|far|often|large|big|high|tall|fast|late|early)|must|shall|might|please|tell me|wie ?(?:viele?|lange|oft|hoch|groß|weit)|muss|müssen|bitte)\b/giu;

/** The question without its asking words; itself when nothing else is in it. */
export function dropAskingWords(question: string): string {
  const rest = question.replace(ASKING, ' ');
  return /[\p{L}\p{N}]/u.test(rest) ? rest : question;
}

/** The kind of a question by its question words, in the first pattern that fits. */
export function classifyQuestion(question: string): QuestionType {
  return PATTERNS.find(([, pattern]) => pattern.test(question))?.[0] ?? 'other';
}

/** True when the sentence holds something of the kind that the question asks for and that the question does not name itself. */
export function holdsAnswerOf(type: QuestionType, sentence: string, question: string): boolean {
  if (type === 'other') return false;
  const known = new Set(question.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  const fresh = sentence.replace(/[\p{L}\p{N}]+/gu, (word) =>
    known.has(word.toLowerCase()) && !isStopWord(word.toLowerCase()) ? '' : word,
  );
  const tests: Record<Exclude<QuestionType, 'other'>, RegExp> = {
    when: TIME,
    number: NUMBER,
    who: NAME,
    where: PLACE,
    why: REASON,
    definition: IS,
  };
  return tests[type].test(fresh);
}
