import { startSandbox } from './server.js';
import { readSandboxSettings } from './settings.js';

/** Starts the sandbox rail from its environment and stops it in order on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const sandbox = await startSandbox(readSandboxSettings(process.env));
  process.stdout.write(`Sandbox rail is listening on ${sandbox.url}\n`);
  let closing = false;
  const stop = () => {
    if (closing) return;
    closing = true;
    sandbox.close().catch(fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

main().catch(fail);
