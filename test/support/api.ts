import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi, type ApiOptions } from '../../apps/api/create-api.js';
import { readEnvironment, type Environment } from '../../libs/config/index.js';
import { demoToken, newLocalIssuerKey, type CompanyRole, type DemoTokenOptions } from '../../libs/identity/index.js';
import { testKeyPem } from './seals.js';
import { createTestDatabase, temporalAddress, type TestDatabase } from './servers.js';

/** An answer as tests look at it. */
export interface ApiAnswer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: Body;
  text: string;
}

export interface ApiCall {
  token?: string;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Takes the first answer, also where the work is accepted and still running. */
  isImpatient?: boolean;
  /** Sent as it is, in place of `body`. */
  raw?: string | Buffer;
}

/** A log that is kept to be looked at, instead of being written. */
export class MemoryLog implements LoggerService {
  private readonly lines: string[] = [];

  readonly log = (...parts: unknown[]): void => this.keep(parts);
  readonly error = (...parts: unknown[]): void => this.keep(parts);
  readonly warn = (...parts: unknown[]): void => this.keep(parts);
  readonly debug = (...parts: unknown[]): void => this.keep(parts);
  readonly fatal = (...parts: unknown[]): void => this.keep(parts);

  text(): string {
    return this.lines.join('\n');
  }

  private keep(parts: unknown[]): void {
    this.lines.push(parts.map((part) => (typeof part === 'string' ? part : inspect(part, { depth: 5 }))).join(' '));
  }
}

/** The real API over real HTTP, with a database of its own. */
export interface TestApi {
  readonly env: Environment;
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly database: TestDatabase;
  call<Body = Record<string, unknown>>(method: string, address: string, call?: ApiCall): Promise<ApiAnswer<Body>>;
  /** A bearer token for a demo user of this role, or for a partner. */
  token(as: CompanyRole | { partnerId: string }, options?: DemoTokenOptions): Promise<string>;
  close(): Promise<void>;
}

/** The environment of a test's own processes: its database, its keys, its local issuer in `folder`. */
export async function testEnvironment(
  database: TestDatabase,
  folder: string,
  overrides: Record<string, string> = {},
): Promise<Environment> {
  const issuerFile = path.join(folder, 'local-issuer.json');
  writeFileSync(issuerFile, JSON.stringify(await newLocalIssuerKey()));
  const sealKeyFile = path.join(folder, 'seal.pem');
  writeFileSync(sealKeyFile, testKeyPem.privateKey + testKeyPem.certificate);
  return readEnvironment({
    NODE_ENV: 'test',
    LOG_LEVEL: 'error',
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '5',
    TEMPORAL_ADDRESS: temporalAddress(),
    TASK_QUEUE_PREFIX: `${database.name}-`,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
    LINK_SECRET: randomBytes(32).toString('base64'),
    AUTH_LOCAL_ISSUER_FILE: issuerFile,
    SEAL_KEY_FILE: sealKeyFile,
    SMTP_URL: 'smtp://127.0.0.1:1',
    // Tests apply by the dozen from one address; those of the limits set their own.
    RATE_LIMIT_PER_ADDRESS: '100000',
    RATE_LIMIT_PER_EMAIL: '1000',
    STRIPE_API_KEY: 'sk_test_none',
    STRIPE_API_BASE: 'http://127.0.0.1:1',
    STRIPE_WEBHOOK_SECRET: 'whsec_none',
    DOCUMENTS_FOLDER: path.join(folder, 'documents'),
    ...overrides,
  });
}

/** Starts the API on a free port; `close` stops it and drops its database. */
export async function startTestApi(overrides: Record<string, string> = {}, options: ApiOptions = {}): Promise<TestApi> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-api-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const database = await createTestDatabase();
    const env = await testEnvironment(database, folder, overrides);
    const app = await createApi(env, options);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    return {
      env,
      url,
      app,
      database,
      call: (method, address, call) => callApi(url, method, address, call),
      token: (as, tokenOptions) => demoToken(env, as, tokenOptions),
      close: async () => {
        await app.close();
        await database.drop();
        removeFolder();
      },
    };
  } catch (error) {
    // Some tests are about what keeps an API from starting.
    removeFolder();
    throw error;
  }
}

/** One call over HTTP; the body is read as JSON where there is one. */
export async function callApi<Body = Record<string, unknown>>(
  url: string,
  method: string,
  address: string,
  { token, body, headers = {}, raw }: ApiCall = {},
): Promise<ApiAnswer<Body>> {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${url}${address}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(payload !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload !== undefined && { body: payload }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson && text ? JSON.parse(text) : undefined) as Body,
  };
}
