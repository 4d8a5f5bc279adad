/** Numbers, dates and units of a text in one spelling, so that "1.2 million" and "1,200,000" are the same figure. */

import { normaliseText } from '../../domain/text/normalise-text.js';

/** The figures of a text. A number that can be read in several ways is there in all of them. */
export interface Figures {
  /** One entry a number in the text: all its readings. */
  numbers: number[][];
  /** `month:3`, `currency:eur`, `percent`, `day`, … that stand beside or around the numbers. */
  units: Set<string>;
}

const SCALES: Record<string, number> = {
  hundred: 100,
  thousand: 1e3,
  tausend: 1e3,
  k: 1e3,
  million: 1e6,
  millions: 1e6,
  millionen: 1e6,
  millones: 1e6,
  mio: 1e6,
  mn: 1e6,
  m: 1e6,
  billion: 1e9,
  milliarden: 1e9,
  milliarde: 1e9,
  milliards: 1e9,
  mrd: 1e9,
  bn: 1e9,
  trillion: 1e12,
  万: 1e4,
  萬: 1e4,
  亿: 1e8,
  億: 1e8,
};

const SPELLED = new Map<string, number>(
  [
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty',
    'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig',
    'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize',
    'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince',
  ].flatMap((words) => words.split(' ').map((word, value) => [word, value] as const)),
);
for (const [index, word] of 'thirty forty fifty sixty seventy eighty ninety'.split(' ').entries())
  SPELLED.set(word, (index + 3) * 10);
/** Spelled words that are mostly something else. */
const AMBIGUOUS_SPELLED = new Set(['one', 'un', 'uno', 'once', 'acht', 'null', 'six', 'elf', 'dix', 'sept']);

const MONTHS = [
  'january januar janvier enero jan',
  'february februar février febrero feb',
  'march märz mars marzo mar',
  'april avril abril apr',
  'may mai mayo',
  'june juni juin junio jun',
  'july juli juillet julio jul',
  'august août agosto aug',
  'september septembre septiembre sep sept',
  'october oktober octobre octubre oct okt',
  'november novembre noviembre nov',
  'december dezember décembre diciembre dec dez',
];
const MONTH_NUMBERS = new Map(
  MONTHS.flatMap((names, index) => names.split(' ').map((name) => [name, index + 1] as const)),
);
/** Month names that are everyday words unless a number stands beside them. */
const AMBIGUOUS_MONTHS = new Set([
  'may',
  'march',
  'mars',
  'mar',
  'mai',
  'sept',
  'dec',
  'jan',
  'sep',
  'jun',
  'jul',
  'aug',
  'apr',
  'feb',
  'nov',
  'oct',
]);

const UNITS: Record<string, string> = {
  percent: '% percent pct prozent pourcent porcentaje',
  'currency:eur': '€ eur euro euros',
  'currency:usd': '$ usd dollar dollars',
  'currency:gbp': '£ gbp pound pounds',
  'currency:chf': 'chf franken',
  'currency:jpy': '¥ jpy yen',
  second: 'sec second seconds sekunde sekunden seconde secondes segundo segundos',
  minute: 'min minute minutes minuten minuto minutos',
  hour: 'h hour hours stunde stunden heure heures hora horas',
  day: 'day days tag tage tagen jour jours día días',
  week: 'week weeks woche wochen semaine semaines semana semanas',
  month: 'month months monat monate monaten mois mes meses',
  year: 'year years jahr jahre jahren ans année années año años',
  metre: 'metre metres meter meters mètre mètres metro metros',
  kilometre: 'km kilometre kilometres kilometer kilometers kilomètres kilómetros',
  mile: 'mile miles meilen',
  kilogram: 'kg kilogram kilograms kilogramm',
  tonne: 'tonne tonnes tons tonnen',
  degree: '° °c °f degree degrees grad',
  'byte:kilo': 'kb',
  'byte:mega': 'mb',
  'byte:giga': 'gb',
  'byte:tera': 'tb',
};
const UNIT_NAMES = new Map(
  Object.entries(UNITS).flatMap(([unit, names]) => names.split(' ').map((name) => [name, unit] as const)),
);

const FIGURE =
  /([€$£¥])?\s?(\d+(?:[.,'’\u00a0\u202f]\d+)*)(?:\s?(%|€|\$|£|¥|°[cf]?)|[\s\u00a0-]?(\p{L}+))?(?:\s+(\p{L}+))?/giu;
const DATE = /\b(\d{4})-(\d{2})-(\d{2})\b|\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b/g;

/**
 * Reads the figures of a text. Evidence is read generously (every unit word, every spelled number, both readings of a
 * date), a claim strictly: only what stands with a number and cannot be something else has to be proved.
 */
export function readFigures(text: string, role: 'claim' | 'evidence'): Figures {
  const figures: Figures = { numbers: [], units: new Set() };
  const flat = text.normalize('NFKC').replace(/(?<=\d)[ ](?=\d{3}(?!\d))/g, '');
  for (const match of flat.matchAll(FIGURE)) readFigure(figures, match);
  for (const match of flat.matchAll(DATE)) readDate(figures, match, role);
  readWords(figures, flat, role);
  return figures;
}

function readFigure(figures: Figures, [, symbol, digits = '', sign, word, nextWord]: RegExpMatchArray): void {
  const scale = SCALES[word?.toLowerCase() ?? ''];
  const readings = readNumber(digits);
  figures.numbers.push(scale === undefined ? readings : readings.map((value) => value * scale));
  for (const name of [symbol, sign, word, scale === undefined ? undefined : nextWord]) {
    const unit = name === undefined ? undefined : UNIT_NAMES.get(name.toLowerCase());
    if (unit !== undefined) figures.units.add(unit);
  }
}

/** All readings of digits with separators: "1.200" is 1.2 and 1200. */
function readNumber(digits: string): number[] {
  const plain = digits.replace(/['’\u00a0\u202f]/g, '');
  const readings = new Set<number>();
  if (/^\d+$/.test(plain)) readings.add(Number(plain));
  if (/^\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain)) readings.add(Number(plain.replaceAll(',', '')));
  if (/^\d{1,3}(\.\d{3})+(,\d+)?$/.test(plain)) readings.add(Number(plain.replaceAll('.', '').replace(',', '.')));
  if (/^\d+\.\d+$/.test(plain)) readings.add(Number(plain));
  if (/^\d+,\d+$/.test(plain)) readings.add(Number(plain.replace(',', '.')));
  if (readings.size > 0) return [...readings];
  return (plain.match(/\d+/g) ?? []).map(Number);
}

/** A numeric date gives its parts; day and month cannot always be told apart, so evidence offers both as the month. */
function readDate(figures: Figures, match: RegExpMatchArray, role: 'claim' | 'evidence'): void {
  const [, year, month, day, first, second, lateYear] = match;
  for (const part of [year, month, day, first, second, lateYear]) {
    if (part !== undefined && role === 'evidence') figures.numbers.push([Number(part)]);
  }
  if (role === 'claim') return;
  for (const part of [month, first, second]) {
    if (part !== undefined && Number(part) >= 1 && Number(part) <= 12) figures.units.add(`month:${Number(part)}`);
  }
}

function readWords(figures: Figures, text: string, role: 'claim' | 'evidence'): void {
  const words = text.toLowerCase().match(/\p{L}+|\d+|[%€$£¥]/gu) ?? [];
  for (const [index, word] of words.entries()) {
    const beside = /^\d/.test(words[index - 1] ?? '') || /^\d/.test(words[index + 1] ?? '');
    const month = MONTH_NUMBERS.get(word);
    if (month !== undefined && (beside || !AMBIGUOUS_MONTHS.has(word))) figures.units.add(`month:${month}`);
    const value = SPELLED.get(word);
    const next = UNIT_NAMES.get(words[index + 1] ?? '');
    if (value !== undefined && (role === 'evidence' || !AMBIGUOUS_SPELLED.has(word))) {
      const scale = SCALES[words[index + 1] ?? ''] ?? 1;
      figures.numbers.push([value * scale]);
      if (next !== undefined) figures.units.add(next);
    }
    const unit = UNIT_NAMES.get(word);
    if (unit !== undefined && role === 'evidence') figures.units.add(unit);
  }
}

const FIGURE_WORDS = new Set([...UNIT_NAMES.keys(), ...Object.keys(SCALES), ...SPELLED.keys()].map(normaliseText));

/** True for a normalised word that is compared as a figure: digits, spelled numbers, scales and units. */
export function isFigureWord(word: string): boolean {
  return /^\d/.test(word) || FIGURE_WORDS.has(word);
}

/** The claim's numbers and units that the evidence does not hold. */
export function missingFigures(claim: string, evidence: string): string[] {
  const wanted = readFigures(claim, 'claim');
  const given = readFigures(evidence, 'evidence');
  const values = new Set(given.numbers.flat());
  const missing = wanted.numbers.filter((readings) => !readings.some((value) => hasValue(values, value))).map(String);
  return [...missing, ...[...wanted.units].filter((unit) => !given.units.has(unit))];
}

function hasValue(values: ReadonlySet<number>, value: number): boolean {
  if (values.has(value)) return true;
  for (const candidate of values) if (Math.abs(candidate - value) <= Math.abs(value) * 1e-9) return true;
  return false;
}
