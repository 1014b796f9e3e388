import { startMailCatcher } from './mail-catcher.js';
import { readMailCatcherSettings } from './settings.js';

/** Starts the mail catcher from its environment and stops it in order on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const catcher = await startMailCatcher(readMailCatcherSettings(process.env));
  process.stdout.write(`Mail catcher is listening on ${catcher.smtpUrl}, its page is ${catcher.httpUrl}\n`);
  let closing = false;
  const stop = () => {
    if (closing) return;
    closing = true;
    catcher.close().catch(fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

main().catch(fail);
