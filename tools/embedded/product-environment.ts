import path from 'node:path';
import { environmentVariables, readEnvironment } from '../../libs/config/index.js';
import { loadSecrets, localIssuerFile, sealKeyFile } from './secrets.js';
import { postgresUrl } from './postgres.js';

/** The variables the product's processes and its migrations read. `.env.example` describes each one. */
export const productVariables: readonly string[] = [...environmentVariables, 'DATABASE_MIGRATION_URL', 'PACTLINE_HOME'];

/** The environment of the product's processes, by variable. */
export type ProductEnvironment = Readonly<Record<string, string | undefined>>;

/** Which servers are our own; the others come from the environment. */
export interface EmbeddedServers {
  readonly postgres: boolean;
  readonly temporal: boolean;
  readonly sandbox: boolean;
  readonly mail: boolean;
}

/** The ports our own servers listen on. */
export interface ProductPorts {
  readonly api: number;
  readonly postgres: number;
  readonly temporal: number;
  readonly temporalUi: number;
  readonly sandbox: number;
  readonly smtp: number;
  readonly mailPage: number;
}

/** The roles of the embedded database: the owner of the schema, and the one the product runs under. */
export const roleNames = { owner: 'pactline_migrator', running: 'pactline_app' } as const;

/** The name of the embedded database. */
export const databaseName = 'pactline';

/**
 * Decides which servers we start, from what the environment gives.
 *
 * @throws an error that names the variable which is missing beside a given one
 */
export function chooseServers(given: ProductEnvironment): EmbeddedServers {
  const needs = (variable: string, because: string): void => {
    if (!given[variable]) throw new Error(`${variable} is missing: it must be set where ${because} is.`);
  };
  if (given.DATABASE_URL) needs('DATABASE_MIGRATION_URL', 'DATABASE_URL');
  if (given.DATABASE_MIGRATION_URL) needs('DATABASE_URL', 'DATABASE_MIGRATION_URL');
  if (given.STRIPE_API_BASE) needs('STRIPE_API_KEY', 'STRIPE_API_BASE');
  if (given.STRIPE_API_KEY) needs('STRIPE_WEBHOOK_SECRET', 'STRIPE_API_KEY');
  const servers = {
    postgres: !given.DATABASE_URL,
    temporal: !given.TEMPORAL_ADDRESS,
    sandbox: !given.STRIPE_API_KEY,
    mail: !given.SMTP_URL,
  };
  if (given.NODE_ENV === 'production') {
    if (servers.sandbox)
      throw new Error('STRIPE_API_KEY is missing: in production (NODE_ENV) the sandbox pays nobody.');
    if (!given.SEAL_KEY_FILE && given.SEAL_KEY_SELF_SIGNED_ALLOWED !== 'true') {
      throw new Error(
        'SEAL_KEY_FILE is missing: in production (NODE_ENV) a key that Pactline makes for itself seals only where SEAL_KEY_SELF_SIGNED_ALLOWED is true.',
      );
    }
    if (servers.mail) throw new Error('SMTP_URL is missing: in production (NODE_ENV) mail must reach people.');
  }
  return servers;
}

/**
 * The complete environment of the product: what is given, and for all that is not the addresses and secrets of our own
 * servers in this home.
 *
 * @throws ConfigurationError that names each variable which is missing or wrong
 */
export function completeEnvironment(
  home: string,
  given: ProductEnvironment,
  servers: EmbeddedServers,
  ports: ProductPorts,
): ProductEnvironment {
  const secrets = loadSecrets(home);
  const host = given.HOST || '127.0.0.1';
  const database = (user: string, password: string): string =>
    postgresUrl({ user, password, port: ports.postgres, database: databaseName });
  const complete = {
    NODE_ENV: 'development',
    TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
    TEMPORAL_NAMESPACE: 'default',
    TASK_QUEUE_PREFIX: '',
    PUBLIC_URL: `http://${browsableHost(host)}:${ports.api}`,
    ENCRYPTION_KEYS: secrets.encryptionKeys,
    LINK_SECRET: secrets.linkSecret,
    AUTH_LOCAL_ISSUER_FILE: given.AUTH_ISSUER ? undefined : localIssuerFile(home),
    SEAL_KEY_FILE: given.SEAL_KEY_FILE || sealKeyFile(home),
    ...(servers.postgres && {
      DATABASE_URL: database(roleNames.running, secrets.appPassword),
      DATABASE_MIGRATION_URL: database(roleNames.owner, secrets.migratorPassword),
    }),
    ...(servers.mail && { SMTP_URL: `smtp://127.0.0.1:${ports.smtp}` }),
    ...(servers.sandbox && {
      STRIPE_API_KEY: secrets.stripeApiKey,
      STRIPE_API_BASE: `http://127.0.0.1:${ports.sandbox}`,
      STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
    }),
    DOCUMENTS_FOLDER: given.DOCUMENTS_S3_BUCKET ? undefined : path.join(home, 'documents'),
    ...withoutEmpty(given),
    HOST: host,
    PORT: String(ports.api),
    PACTLINE_HOME: home,
  };
  readEnvironment(complete);
  return complete;
}

/** The product's variables in an environment; those of other programs are left out. */
export function productPart(environment: NodeJS.ProcessEnv): ProductEnvironment {
  return withoutEmpty(Object.fromEntries(productVariables.map((name) => [name, environment[name]])));
}

/** The environment without the product's variables: what a process needs of the machine. */
export function machinePart(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = new Set<string>(productVariables);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ours.has(name)));
}

/** The host a person or a probe on this machine calls, where the server listens on all addresses. */
export function browsableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function withoutEmpty(given: ProductEnvironment): ProductEnvironment {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''));
}
