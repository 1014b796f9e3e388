import { randomBytes } from 'node:crypto';
import { readEnvironment, type Environment } from '../../libs/config/index.js';
import { sandboxKeys } from './stripe-sandbox.js';

/** The environment of services that run inside a test, without a product around them; `variables` add to it. */
export function serviceEnvironment(databaseUrl: string, variables: Record<string, string> = {}): Environment {
  return readEnvironment({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: '127.0.0.1:7233',
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    LINK_SECRET: randomBytes(32).toString('base64'),
    AUTH_LOCAL_ISSUER_FILE: 'unused',
    DOCUMENTS_FOLDER: 'unused',
    SMTP_URL: 'smtp://127.0.0.1:25',
    STRIPE_API_KEY: sandboxKeys.apiKey,
    STRIPE_API_BASE: 'http://127.0.0.1:1',
    STRIPE_WEBHOOK_SECRET: sandboxKeys.webhookSecret,
    ...variables,
  });
}
