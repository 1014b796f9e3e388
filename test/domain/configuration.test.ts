import { ConfigurationError, environmentVariables, readEnvironment } from '../../libs/config/index.js';

const valid: Record<string, string> = {
  DATABASE_URL: 'postgres://pactline_app:opensesame@db:5432/pactline',
  TEMPORAL_ADDRESS: 'temporal:7233',
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  LINK_SECRET: Buffer.alloc(32, 2).toString('base64'),
  AUTH_ISSUER: 'https://login.example',
  AUTH_JWKS_URL: 'https://login.example/jwks',
  SMTP_URL: 'smtp://user:opensesame@mail:25',
  STRIPE_API_KEY: 'sk_test_opensesame',
  STRIPE_WEBHOOK_SECRET: 'whsec_opensesame',
  DOCUMENTS_FOLDER: '/var/lib/pactline/documents',
};

function failure(changes: Record<string, string | undefined>): string {
  try {
    readEnvironment({ ...valid, ...changes });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'nothing was refused';
}

describe('environment', () => {
  test('what is not given has its default', () => {
    expect(readEnvironment(valid)).toMatchObject({
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: 3000,
      TEMPORAL_NAMESPACE: 'default',
      TASK_QUEUE_PREFIX: '',
      REHEARSAL: false,
      RAIL_TIMEOUT_MS: 10_000,
    });
  });

  test('an empty variable counts as not given', () => {
    expect(readEnvironment({ ...valid, PORT: '', PUBLIC_URL: '' })).toMatchObject({ PORT: 3000 });
    expect(failure({ DATABASE_URL: '' })).toBe('DATABASE_URL is missing');
  });

  test.each([
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'ENCRYPTION_KEYS',
    'LINK_SECRET',
    'SMTP_URL',
    'STRIPE_API_KEY',
    'STRIPE_WEBHOOK_SECRET',
  ])('%s is named when it is missing', (name) => {
    expect(failure({ [name]: undefined })).toBe(`${name} is missing`);
  });

  test('all that is missing is named at once', () => {
    expect(failure({ DATABASE_URL: undefined, SMTP_URL: undefined }).split('\n')).toEqual([
      'DATABASE_URL is missing',
      'SMTP_URL is missing',
    ]);
  });

  const wrong: [string, string][] = [
    ['NODE_ENV', 'opensesame'],
    ['PORT', 'opensesame'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '30.5'],
    ['PUBLIC_URL', 'opensesame'],
    ['LOG_LEVEL', 'opensesame'],
    ['DATABASE_URL', 'mysql://root:opensesame@db'],
    ['DATABASE_POOL_SIZE', '1'],
    ['TEMPORAL_ADDRESS', 'http://opensesame'],
    ['TASK_QUEUE_PREFIX', 'open sesame'],
    ['LINK_SECRET', 'opensesame'],
    ['AUTH_ISSUER', 'opensesame'],
    ['AUTH_JWKS_URL', 'opensesame'],
    ['SEAL_KEY_SELF_SIGNED_ALLOWED', 'opensesame'],
    ['SEAL_EXPIRY_WARNING_DAYS', '0'],
    ['TSA_URLS', 'opensesame'],
    ['TSA_POLICY', 'opensesame'],
    ['TSA_TIMEOUT_MS', '5'],
    ['SMTP_URL', 'http://opensesame'],
    ['MAIL_FROM', 'a'],
    ['STRIPE_API_BASE', 'opensesame'],
    ['PAYOUT_RAIL', 'opensesame'],
    ['STRIPE_FINANCIAL_ACCOUNT', 'opensesame'],
    ['RAIL_REQUESTS_PER_SECOND', '-1'],
    ['RAIL_CALLS_IN_FLIGHT', '0'],
    ['RAIL_CALLS_IN_FLIGHT', '101'],
    ['RAIL_TIMEOUT_MS', '5'],
    ['REHEARSAL', 'yes'],
  ];
  test.each(wrong)('%s is named when it is wrong, and its value (%s) is not repeated', (name, value) => {
    const message = failure({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name} is wrong: `));
    expect(message).not.toContain('opensesame');
  });

  test('every variable that can be wrong is one of the documented ones', () => {
    expect(environmentVariables).toEqual(expect.arrayContaining(wrong.map(([name]) => name)));
  });

  test('time-stamps need authorities that are trusted, at addresses that are some', () => {
    const urls = { TSA_URLS: 'http://tsa.example/one,https://tsa.example/two' };
    expect(failure(urls)).toContain('TSA_CERTIFICATES is missing');
    expect(readEnvironment({ ...valid, ...urls, TSA_CERTIFICATES: '/tsa.pem' })).toMatchObject(urls);
    expect(failure({ TSA_URLS: 'tsa.example', TSA_CERTIFICATES: '/tsa.pem' })).toContain('TSA_URLS is wrong');
  });

  test("tokens need an issuer: the company's own, or the local one outside of production", () => {
    expect(failure({ AUTH_ISSUER: undefined })).toContain('AUTH_ISSUER and AUTH_JWKS_URL are missing');
    expect(failure({ AUTH_JWKS_URL: undefined })).toContain('AUTH_ISSUER and AUTH_JWKS_URL are missing');
    const local = { AUTH_ISSUER: undefined, AUTH_JWKS_URL: undefined, AUTH_LOCAL_ISSUER_FILE: '/keys/issuer.json' };
    expect(readEnvironment({ ...valid, ...local }).AUTH_LOCAL_ISSUER_FILE).toBe('/keys/issuer.json');
    expect(failure({ ...local, NODE_ENV: 'production' })).toContain('AUTH_LOCAL_ISSUER_FILE is wrong');
  });

  test('Global Payouts need the financial account that they are paid from', () => {
    const rail = { PAYOUT_RAIL: 'stripe-global-payouts' };
    expect(failure(rail)).toContain('STRIPE_FINANCIAL_ACCOUNT is missing');
    expect(readEnvironment({ ...valid, ...rail, STRIPE_FINANCIAL_ACCOUNT: 'fa_1' })).toMatchObject(rail);
  });

  test('a rehearsal never reaches a rail that pays', () => {
    expect(failure({ REHEARSAL: 'true' })).toContain('STRIPE_API_KEY is wrong');
    const live = { REHEARSAL: 'true', STRIPE_API_BASE: 'http://127.0.0.1:1', STRIPE_API_KEY: 'sk_live_opensesame' };
    expect(failure(live)).toContain('STRIPE_API_KEY is wrong');
    expect(failure(live)).not.toContain('opensesame');
    expect(readEnvironment({ ...valid, REHEARSAL: 'true', STRIPE_API_BASE: 'http://127.0.0.1:1' }).REHEARSAL).toBe(
      true,
    );
  });

  test('documents need one place: a folder, or a bucket that speaks S3', () => {
    expect(failure({ DOCUMENTS_FOLDER: undefined })).toContain('DOCUMENTS_FOLDER is missing');
    expect(failure({ DOCUMENTS_S3_BUCKET: 'opensesame' })).toContain('not in both');
    const bucket = { DOCUMENTS_FOLDER: undefined, DOCUMENTS_S3_BUCKET: 'contracts', DOCUMENTS_S3_PREFIX: 'pactline/' };
    expect(readEnvironment({ ...valid, ...bucket })).toMatchObject({
      DOCUMENTS_S3_BUCKET: 'contracts',
      DOCUMENTS_S3_PREFIX: 'pactline/',
      DOCUMENTS_S3_REGION: 'us-east-1',
      DOCUMENTS_S3_PATH_STYLE: false,
    });
    expect(failure({ ...bucket, DOCUMENTS_S3_PREFIX: 'opensesame' })).toContain('DOCUMENTS_S3_PREFIX is wrong');
    expect(failure({ ...bucket, DOCUMENTS_S3_ENDPOINT: 'opensesame' })).toContain('DOCUMENTS_S3_ENDPOINT is wrong');
  });
});
