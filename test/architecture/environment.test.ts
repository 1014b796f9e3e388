import { environmentVariables } from '../../libs/config/index.js';
import { listProjectFiles, readProjectFile } from '../support/sources.js';

/** What programs beside the API and the worker read: the launcher, the tests, the sandbox rail, the mail catcher. */
const otherVariables = [
  'DATABASE_MIGRATION_URL',
  'MAIL_HOST',
  'MAIL_HTTP_PORT',
  'MAIL_SMTP_PORT',
  'MAIL_STATE_FILE',
  'PACTLINE_HOME',
  'SANDBOX_API_KEY',
  'SANDBOX_HOST',
  'SANDBOX_PORT',
  'SANDBOX_STATE_FILE',
  'SANDBOX_WEBHOOK_SECRET',
  'SANDBOX_WEBHOOK_URL',
  'TEMPORAL_CLI_PATH',
  'TEST_DATABASE_ADMIN_URL',
  'WORKFLOW_BUNDLE',
  'XDG_CACHE_HOME',
];

/** Variables of the machine, and those that one process of a test run hands to the next. */
const notOurs = /^(HOME|PATH|PACTLINE_TEST_[A-Z]+)$/;

const example = readProjectFile('.env.example').split('\n');
const documented = example.flatMap((line) => /^([A-Z][A-Z0-9_]+)=/.exec(line)?.[1] ?? []);

describe('.env.example', () => {
  test('names exactly the variables that are read, once each', () => {
    expect([...documented].sort()).toEqual([...environmentVariables, ...otherVariables].sort());
  });

  test('says of each variable in a sentence what it is for', () => {
    const silent = example.flatMap((line, index) => {
      const name = /^([A-Z][A-Z0-9_]+)=/.exec(line)?.[1];
      return name === undefined || /^# .{10,}[.]$/.test(example[index - 1] ?? '') ? [] : [name];
    });
    expect(silent).toEqual([]);
  });

  test('leaves out no variable that a source reads by its name', () => {
    const read = listProjectFiles(['apps', 'libs', 'tools', 'activities'], /[.](ts|mjs)$/).flatMap((file) =>
      [...readProjectFile(file).matchAll(/(?:env|environment)(?:\[['"]|[.])([A-Z][A-Z0-9_]{2,})\b/g)].map(
        ([, name = '']) => name,
      ),
    );
    const known = new Set(documented);
    expect([...new Set(read)].filter((name) => !known.has(name) && !notOurs.test(name))).toEqual([]);
  });

  test('holds no secret', () => {
    const secrets = example.filter((line) => /^(ENCRYPTION_KEYS|LINK_SECRET|STRIPE_\w+|DATABASE_\w*URL)=./.test(line));
    expect(secrets).toEqual([]);
  });
});
