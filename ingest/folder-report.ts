/** What became of the files of a folder run, and its lines on a terminal. Pure. */

/** The end of one file. */
export type FileResult =
  | { path: string; state: 'ready'; passages: number; duplicate: boolean }
  | { path: string; state: 'failed' | 'rejected'; code: string; detail: string };

export interface FolderReport {
  files: number;
  ready: number;
  duplicates: number;
  failed: number;
  rejected: number;
  passages: number;
  seconds: number;
  problems: { path: string; state: 'failed' | 'rejected'; code: string; detail: string }[];
}

/** Counts the results. `seconds` is the time of the whole run. */
export function summarise(results: FileResult[], seconds: number): FolderReport {
  const ready = results.filter((result) => result.state === 'ready');
  const problems = results.filter((result) => result.state !== 'ready');
  return {
    files: results.length,
    ready: ready.length,
    duplicates: ready.filter((result) => result.duplicate).length,
    failed: problems.filter((result) => result.state === 'failed').length,
    rejected: problems.filter((result) => result.state === 'rejected').length,
    passages: ready.reduce((sum, result) => sum + result.passages, 0),
    seconds: Math.round(seconds * 10) / 10,
    problems,
  };
}

/** The report for people. */
export function describeReport(report: FolderReport): string {
  const head =
    `${report.files} files in ${report.seconds} s: ${report.ready} ready (${report.passages} passages, ` +
    `${report.duplicates} already there), ${report.failed} failed, ${report.rejected} rejected`;
  const lines = report.problems.map(({ path, state, code, detail }) => `  ${state} ${path}: ${detail} (${code})`);
  return [head, ...lines].join('\n');
}

const BAR_WIDTH = 30;

/** A progress bar in one line, e.g. `[####------]  4/10  2.1 files/s  3 s left`. */
export function progressBar(done: number, total: number, seconds: number): string {
  const filled = total === 0 ? BAR_WIDTH : Math.round((done / total) * BAR_WIDTH);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
  const rate = seconds > 0 ? done / seconds : 0;
  const left = rate > 0 ? `  ${Math.ceil((total - done) / rate)} s left` : '';
  return `${bar}  ${done}/${total}  ${rate.toFixed(1)} files/s${left}`;
}
