import type { Answer } from '../domain/answer.js';
import type { ApiClient } from './api-client.js';
import { answerFooter, EXIT, styled } from './print.js';

/** Asks, shows the text as it comes and then its citations. Returns the exit code: a refusal is `negative`. */
export async function askCommand(
  client: ApiClient,
  question: string,
  options: { collections: string[]; json: boolean },
): Promise<number> {
  let answer: Answer | null = null;
  for await (const event of client.ask({ question, collections: options.collections })) {
    if (event.event === 'text-delta' && !options.json) process.stdout.write(event.data.text);
    if (event.event === 'text-reset' && !options.json)
      process.stdout.write(styled('yellow', '\n(the model failed; starting over)\n'));
    if (event.event === 'answer-error') {
      const { problem } = event.data;
      if (options.json) process.stdout.write(`${JSON.stringify(problem)}\n`);
      else process.stderr.write(`\n${problem.detail} (${problem.code})\n`);
      return EXIT.error;
    }
    if (event.event === 'answer-end') answer = event.data.answer;
  }
  if (answer === null) {
    process.stderr.write('The stream ended before the answer did.\n');
    return EXIT.error;
  }
  process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : `\n\n${answerFooter(answer)}\n`);
  return answer.refused ? EXIT.negative : EXIT.ok;
}
