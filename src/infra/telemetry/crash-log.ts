import type { Logger } from './logger.js';

/**
 * Ends the process, with the reason in the log, when an error reaches nobody: after that its state cannot be trusted. Whoever
 * supervises it starts it again. Exit code 1.
 */
export function exitOnCrash(logger: Logger): void {
  const crash = (event: string) => (error: unknown) => {
    logger.fatal({ event, err: error }, 'the process ends because of an error that nothing handled');
    process.exit(1);
  };
  process.on('uncaughtException', crash('uncaught-exception'));
  process.on('unhandledRejection', crash('unhandled-rejection'));
}
