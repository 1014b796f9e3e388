import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { payoutRailNames } from '../kernel/payout-rail-names.js';

/** A variable that is missing or wrong; its message names it and never repeats its value. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const port = z.coerce.number().int().min(0).max(65_535);
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address');
const httpUrl = z.string().regex(/^https?:\/\//, 'must be an http(s):// address');
/** Whole seconds, separated by commas. */
const delays = z
  .string()
  .regex(/^\d{1,7}(,\d{1,7}){0,29}$/, 'must be seconds, separated by commas')
  .transform((text) => text.split(',').map(Number));
const networks = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (parts) => parts.every((part) => ipaddr.isValid(part) || ipaddr.isValidCIDR(part)),
    'must be addresses or networks, separated by commas',
  );
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Every variable that the processes read, with its default. `.env.example` describes each in a sentence. */
const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(3000),
  PUBLIC_URL: httpUrl.optional(),
  TRUSTED_PROXIES: networks.default([]),
  RATE_LIMIT_PER_ADDRESS: z.coerce.number().int().min(1).max(1_000_000).default(60),
  RATE_LIMIT_ADDRESS_WINDOW_SECONDS: z.coerce.number().int().min(1).max(86_400).default(60),
  RATE_LIMIT_PER_EMAIL: z.coerce.number().int().min(1).max(1_000_000).default(10),
  RATE_LIMIT_EMAIL_WINDOW_SECONDS: z.coerce.number().int().min(1).max(86_400).default(3_600),
  LOG_LEVEL: z.enum(['error', 'warn', 'log', 'debug']).default('log'),
  DATABASE_URL: postgresUrl,
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(20),
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:\d+$/, 'must be host:port'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TASK_QUEUE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/)
    .default(''),
  ENCRYPTION_KEYS: z.string().min(1),
  PAYEE_KEYS: z.string().min(1).optional(),
  SCREENING_LIST_FILE: z.string().min(1).optional(),
  LINK_SECRET: z
    .string()
    .refine((text) => Buffer.from(text, 'base64').length >= 32, 'must be at least 32 bytes in base64'),
  AUTH_ISSUER: httpUrl.optional(),
  AUTH_AUDIENCE: z.string().min(1).default('pactline'),
  AUTH_JWKS_URL: httpUrl.optional(),
  AUTH_ROLES_CLAIM: z.string().min(1).default('pactline_roles'),
  AUTH_PARTNER_CLAIM: z.string().min(1).default('pactline_partner'),
  AUTH_LOCAL_ISSUER_FILE: z.string().min(1).optional(),
  SEAL_KEY_FILE: z.string().min(1).optional(),
  SEAL_KEY_PASSPHRASE: z.string().optional(),
  SEAL_KEY_SELF_SIGNED_ALLOWED: flag.default(false),
  SEAL_TRUSTED_CERTIFICATES: z.string().min(1).optional(),
  SEAL_EXPIRY_WARNING_DAYS: z.coerce.number().int().min(1).max(730).default(30),
  TSA_URLS: z
    .string()
    .regex(/^https?:\/\/[^\s,]+(,https?:\/\/[^\s,]+)*$/, 'must be http(s):// addresses, separated by commas')
    .optional(),
  TSA_CERTIFICATES: z.string().min(1).optional(),
  TSA_POLICY: z
    .string()
    .regex(/^[0-2](\.\d+)+$/, 'must be an object identifier')
    .optional(),
  TSA_TIMEOUT_MS: z.coerce.number().int().min(100).max(120_000).default(10_000),
  SMTP_URL: z.string().regex(/^smtps?:\/\//, 'must be an smtp(s):// address'),
  MAIL_FROM: z.string().min(3).default('Pactline <partners@pactline.example>'),
  MAIL_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and at least 24 bytes in base64')
    .optional(),
  WEBHOOK_ALLOW_PRIVATE: flag.default(false),
  // Ten tries over a little more than three days: a receiver that is down over a weekend misses nothing.
  WEBHOOK_RETRY_DELAYS: delays.default([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]),
  WEBHOOK_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(15_000),
  WEBHOOK_DISABLE_AFTER_HOURS: z.coerce.number().int().min(1).max(2_160).default(120),
  STRIPE_API_KEY: z.string().min(1),
  STRIPE_API_BASE: httpUrl.optional(),
  STRIPE_WEBHOOK_SECRET: z.string().min(1),
  PAYOUT_RAIL: z.enum(payoutRailNames).default('stripe-transfers'),
  BANK_DEBTOR_NAME: z.string().min(1).max(70).optional(),
  BANK_DEBTOR_IBAN: z.string().min(15).max(34).optional(),
  BANK_DEBTOR_BIC: z.string().min(8).max(11).optional(),
  ACH_BANK: z
    .string()
    .regex(/^\d{9}$/, 'must be nine digits')
    .optional(),
  ACH_BANK_NAME: z.string().min(1).max(23).optional(),
  ACH_IMMEDIATE_ORIGIN: z.string().min(9).max(10).optional(),
  ACH_COMPANY_NAME: z.string().min(1).max(16).optional(),
  ACH_COMPANY_ID: z.string().min(9).max(10).optional(),
  BANK_FILES_FOLDER: z.string().min(1).optional(),
  STRIPE_GLOBAL_PAYOUTS_WEBHOOK_SECRET: z.string().min(1).optional(),
  STRIPE_FINANCIAL_ACCOUNT: z
    .string()
    .regex(/^fa_\w+$/, 'must be a financial account (fa_…)')
    .optional(),
  RAIL_ENVIRONMENT: z.string().min(1).default('default'),
  RAIL_CALLS_IN_FLIGHT: z.coerce.number().int().min(1).max(100).default(20),
  RAIL_REQUESTS_PER_SECOND: z.coerce.number().min(0).max(10_000).optional(),
  RAIL_TIMEOUT_MS: z.coerce.number().int().min(100).max(120_000).default(10_000),
  IDEMPOTENCY_LEASE_SECONDS: z.coerce.number().int().min(3).max(600).default(60),
  REHEARSAL: flag.default(false),
  DOCUMENTS_FOLDER: z.string().min(1).optional(),
  DOCUMENTS_S3_BUCKET: z.string().min(1).optional(),
  DOCUMENTS_S3_PREFIX: z
    .string()
    .regex(/^([A-Za-z0-9._-]+\/)*$/, 'must be empty or end with a slash')
    .default(''),
  DOCUMENTS_S3_REGION: z.string().min(1).default('us-east-1'),
  DOCUMENTS_S3_ENDPOINT: httpUrl.optional(),
  DOCUMENTS_S3_PATH_STYLE: flag.default(false),
  DOCUMENTS_TIMEOUT_MS: z.coerce.number().int().min(100).max(120_000).default(10_000),
});

export type Environment = z.infer<typeof schema>;

/**
 * The validated environment. Throws `ConfigurationError` with one line per missing or wrong variable, by name and
 * without its value; a rehearsal with a live rail and a local issuer in production are refused here too.
 */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message, code }) => {
      const name = String(path[0]);
      return code === 'invalid_type' && given[name] === undefined
        ? `${name} is missing`
        : `${name} is wrong: ${message}`;
    });
    throw new ConfigurationError(lines.join('\n'));
  }
  refuseContradictions(parsed.data);
  return parsed.data;
}

function refuseContradictions(env: Environment): void {
  if (env.NODE_ENV === 'production' && env.AUTH_LOCAL_ISSUER_FILE) {
    throw new ConfigurationError(
      'AUTH_LOCAL_ISSUER_FILE is wrong: the local issuer of demo tokens must not run in production',
    );
  }
  if (!env.AUTH_LOCAL_ISSUER_FILE && !(env.AUTH_ISSUER && env.AUTH_JWKS_URL)) {
    throw new ConfigurationError(
      'AUTH_ISSUER and AUTH_JWKS_URL are missing (or, for demo users, AUTH_LOCAL_ISSUER_FILE)',
    );
  }
  if (env.DOCUMENTS_FOLDER === undefined && env.DOCUMENTS_S3_BUCKET === undefined) {
    throw new ConfigurationError('DOCUMENTS_FOLDER is missing (or, for a storage that speaks S3, DOCUMENTS_S3_BUCKET)');
  }
  if (env.DOCUMENTS_FOLDER !== undefined && env.DOCUMENTS_S3_BUCKET !== undefined) {
    throw new ConfigurationError(
      'DOCUMENTS_FOLDER is wrong: documents lie in a folder or in DOCUMENTS_S3_BUCKET, not in both',
    );
  }
  if (env.PAYOUT_RAIL === 'stripe-global-payouts' && !env.STRIPE_FINANCIAL_ACCOUNT) {
    throw new ConfigurationError('STRIPE_FINANCIAL_ACCOUNT is missing: Global Payouts are paid from it');
  }
  if (env.TSA_URLS && !env.TSA_CERTIFICATES) {
    throw new ConfigurationError(
      'TSA_CERTIFICATES is missing: a time-stamp is worth what its authority is trusted for',
    );
  }
  if (
    env.REHEARSAL &&
    (env.PAYOUT_RAIL !== 'stripe-transfers' || !env.STRIPE_API_BASE || env.STRIPE_API_KEY.includes('_live_'))
  ) {
    throw new ConfigurationError(
      'STRIPE_API_KEY is wrong: a rehearsal pays through the sandbox rail alone (STRIPE_API_BASE)',
    );
  }
}

/** The names of all variables, for the check that `.env.example` describes each. */
export const environmentVariables = Object.keys(schema.shape);
