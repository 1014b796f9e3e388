import type { INestApplication } from '@nestjs/common';
import { readEnvironment } from '../../libs/config/index.js';
import { openApiDocument } from './openapi.js';

/** An environment that describes the API and can reach nothing: its description depends on no server. */
export const describedEnvironment = readEnvironment({
  DATABASE_URL: 'postgres://nowhere.invalid/none',
  TEMPORAL_ADDRESS: 'nowhere.invalid:1',
  ENCRYPTION_KEYS: `none:${Buffer.alloc(32).toString('base64')}`,
  LINK_SECRET: Buffer.alloc(32).toString('base64'),
  AUTH_LOCAL_ISSUER_FILE: 'none',
  DOCUMENTS_FOLDER: 'none',
  SMTP_URL: 'smtp://nowhere.invalid',
  STRIPE_API_KEY: 'none',
  STRIPE_WEBHOOK_SECRET: 'none',
  LOG_LEVEL: 'error',
});

/** The text of `docs/openapi.json`: paths in alphabetical order, so that a new resource moves no other line. */
export function openApiText(app: INestApplication): string {
  const document = openApiDocument(app);
  const paths = Object.fromEntries(Object.entries(document.paths).sort(([one], [other]) => (one < other ? -1 : 1)));
  return `${JSON.stringify({ ...document, paths }, null, 2)}\n`;
}
