import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';

export interface SandboxSettings {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** The file that holds the state; made where it is missing. */
  stateFile: string;
  /** The key that clients must show; a test key. */
  apiKey: string;
  webhookSecret: string;
  /** Where webhooks go; without it events are kept and sent to nobody. */
  webhookUrl?: string;
  /** Milliseconds after which an outbound payment is posted; never by itself where left out. */
  postAfterMs?: number;
}

const environmentSchema = z.object({
  SANDBOX_HOST: z.string().min(1).default('127.0.0.1'),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  SANDBOX_STATE_FILE: z.string().min(1),
  SANDBOX_API_KEY: z.string().regex(/^(sk|rk)_test_\w+$/, 'must be a test key (sk_test_…)'),
  SANDBOX_WEBHOOK_SECRET: z.string().min(1),
  SANDBOX_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
  SANDBOX_POST_AFTER_MS: z.coerce.number().int().min(0).max(86_400_000).default(1_000),
});

/** Throws in production, where nobody may believe that the sandbox pays. */
export function refuseProduction(environment: string | undefined): void {
  if (environment === 'production') throw new Error('the sandbox rail does not start in production: it pays nobody');
}

/** Reads and checks the environment. @throws Error that names the variables that are missing or wrong, not their values */
export function readSandboxSettings(environment: NodeJS.ProcessEnv): SandboxSettings {
  refuseProduction(environment['NODE_ENV']);
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`the sandbox rail cannot start: ${problems.join('; ')}`);
  }
  const { data } = parsed;
  const file = data.SANDBOX_STATE_FILE;
  return {
    host: data.SANDBOX_HOST,
    port: data.SANDBOX_PORT,
    stateFile: isAbsolute(file) ? file : resolve(file),
    apiKey: data.SANDBOX_API_KEY,
    webhookSecret: data.SANDBOX_WEBHOOK_SECRET,
    postAfterMs: data.SANDBOX_POST_AFTER_MS,
    ...(data.SANDBOX_WEBHOOK_URL === undefined ? {} : { webhookUrl: data.SANDBOX_WEBHOOK_URL }),
  };
}
