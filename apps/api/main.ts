import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { ConfigurationError, readEnvironment } from '../../libs/config/index.js';
import { sqlState } from '../../libs/database/index.js';
import { createApi } from './create-api.js';

/** What stopped the start, without the addresses and secrets that an error of a driver may quote. */
function reasonOf(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  const state = sqlState(error);
  if (state === 'EADDRINUSE' || state === 'EACCES') return `PORT is wrong: the port cannot be listened on (${state})`;
  if (state !== undefined) return `DATABASE_URL is wrong, or the database does not answer (${state})`;
  return error instanceof Error ? error.message : 'unknown';
}

try {
  const env = readEnvironment(process.env);
  const api = await createApi(env);
  await api.listen({ host: env.HOST, port: env.PORT });
  new Logger('Api').log(`The API listens at ${env.PUBLIC_URL ?? (await api.getUrl())}`);
} catch (error) {
  process.stderr.write(`The API cannot start:\n${reasonOf(error)}\n`);
  process.exit(1);
}
