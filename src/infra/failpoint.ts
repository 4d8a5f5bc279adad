import type { Failpoint } from '../domain/ports/failpoint.js';
import { noFailpoint } from '../domain/ports/failpoint.js';

/**
 * The failpoint of a plan such as `ingest.embed:kill@2,upload.before_commit:delay=500`: at the n-th passage of the named
 * point (first unless said) the process is killed as by the system, throws, hangs, or waits.
 * @throws Error for a plan that cannot be read
 */
export function createFailpoint(plan: string | null): Failpoint {
  if (plan === null) return noFailpoint;
  const rules = new Map(plan.split(',').map((text) => parseRule(text.trim())));
  return async (name) => {
    const rule = rules.get(name);
    if (rule === undefined) return;
    rule.seen += 1;
    if (rule.seen === rule.at) await act(rule.action, name);
  };
}

interface Rule {
  action: string;
  at: number;
  seen: number;
}

function parseRule(text: string): [string, Rule] {
  const match = /^([a-z_.]+):(kill|throw|hang|delay=\d+)(?:@(\d+))?$/.exec(text);
  if (match === null) throw new Error(`FAIL: "${text}" is not "<point>:<kill|throw|hang|delay=ms>[@n]"`);
  return [match[1] as string, { action: match[2] as string, at: Number(match[3] ?? 1), seen: 0 }];
}

async function act(action: string, name: string): Promise<void> {
  if (action === 'kill') process.kill(process.pid, 'SIGKILL');
  if (action === 'throw') throw new Error(`failpoint ${name}`);
  const ms = action === 'hang' || action === 'kill' ? 2 ** 31 - 1 : Number(action.slice('delay='.length));
  await new Promise((resolve) => setTimeout(resolve, ms));
}
