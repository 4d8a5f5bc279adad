import type { ApiClient } from './api-client.js';
import { EXIT, passageLine } from './print.js';

/** Shows the best passages. No hit is `negative`. */
export async function searchCommand(
  client: ApiClient,
  query: string,
  options: { collections: string[]; topK: number; mode: string; json: boolean },
): Promise<number> {
  const { json, ...request } = options;
  const result = await client.search({ query, ...request });
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else if (result.passages.length === 0) process.stdout.write('Nothing found.\n');
  else process.stdout.write(`${result.passages.map((passage, index) => passageLine(passage, index + 1)).join('\n')}\n`);
  return result.passages.length === 0 ? EXIT.negative : EXIT.ok;
}
