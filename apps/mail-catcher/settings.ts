import { resolve } from 'node:path';
import { z } from 'zod';

export interface MailCatcherSettings {
  host: string;
  /** 0 for any free port. */
  smtpPort: number;
  /** 0 for any free port. */
  httpPort: number;
  /** The file that keeps the mails; made where it is missing. */
  stateFile: string;
}

const port = z.coerce.number().int().min(0).max(65_535);
const environmentSchema = z.object({
  MAIL_HOST: z.string().min(1).default('127.0.0.1'),
  MAIL_SMTP_PORT: port.default(0),
  MAIL_HTTP_PORT: port.default(0),
  MAIL_STATE_FILE: z.string().min(1),
});

/** Throws in production: mails with links to sign by must reach their person and nobody else. */
export function refuseProduction(environment: string | undefined): void {
  if (environment === 'production') {
    throw new Error('the mail catcher does not start in production: it shows every mail and delivers none');
  }
}

/** Reads and checks the environment. Throws an Error that names the variables that are missing or wrong. */
export function readMailCatcherSettings(environment: NodeJS.ProcessEnv): MailCatcherSettings {
  refuseProduction(environment['NODE_ENV']);
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`the mail catcher cannot start: ${problems.join('; ')}`);
  }
  const { MAIL_HOST, MAIL_SMTP_PORT, MAIL_HTTP_PORT, MAIL_STATE_FILE } = parsed.data;
  return {
    host: MAIL_HOST,
    smtpPort: MAIL_SMTP_PORT,
    httpPort: MAIL_HTTP_PORT,
    stateFile: resolve(MAIL_STATE_FILE),
  };
}
