import { fileURLToPath } from 'node:url';
import { ConsoleLogger } from '@nestjs/common';
import { ConfigurationError, readEnvironment, type Environment } from '../../libs/config/index.js';
import { createWorker } from './create-worker.js';

const logLevels = ['error', 'warn', 'log', 'debug'] as const;

async function main(): Promise<void> {
  const env = readEnvironment(process.env);
  const logger = createLogger(env);
  const bundle = process.env['WORKFLOW_BUNDLE'] ?? fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));
  const worker = await createWorker(env, bundle, logger);
  logger.log('worker ready');
  const stop = () => {
    worker
      .stop()
      .catch((error: unknown) =>
        logger.error(`stopping failed: ${error instanceof Error ? error.message : 'unknown'}`),
      );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  await worker.finished;
}

function createLogger(env: Environment): ConsoleLogger {
  const levels = logLevels.slice(0, logLevels.indexOf(env.LOG_LEVEL) + 1);
  return new ConsoleLogger('worker', { logLevels: [...levels], json: env.NODE_ENV === 'production', colors: false });
}

main().catch((error: unknown) => {
  const reason =
    error instanceof ConfigurationError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`the worker stopped: ${reason}\n`);
  process.exitCode = 1;
});
