import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { companyTokens, MailBox, standardProgram } from '../../tools/client/index.js';
import { readHolder } from '../../tools/embedded/folder-lock.mjs';
import { removeHome } from '../../tools/embedded/postgres.js';
import { isRunning } from '../../tools/embedded/process-identity.mjs';
import { productVariables } from '../../tools/embedded/product-environment.js';
import { projectRoot } from '../../tools/embedded/project.mjs';
import { readRunning } from '../../tools/embedded/running.js';

const patience = 180_000;
const allProcesses = ['api', 'mail', 'postgres', 'sandbox', 'temporal', 'worker'];

/** One `npm start` and what it prints. */
class Launch {
  output = '';
  readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  async ready(): Promise<void> {
    const dead = this.ended.then(() => true);
    while (!/Pactline is ready: /.test(this.output)) {
      if (await Promise.race([dead, sleep(50).then(() => false)])) throw new Error(`It ended:\n${this.output}`);
    }
  }
}

describe('npm start', () => {
  const homes: string[] = [];
  const launches: Launch[] = [];

  function newHome(): string {
    const home = path.join(mkdtempSync(path.join(tmpdir(), 'pactline-home-')), 'home');
    homes.push(home);
    return home;
  }

  function start(home: string, more: NodeJS.ProcessEnv = {}): Launch {
    const machine = Object.entries(process.env).filter(([name]) => !productVariables.includes(name));
    const env = { ...Object.fromEntries(machine), PACTLINE_HOME: home, PORT: '0', ...more };
    const script = path.join(projectRoot, 'tools', 'start.mjs');
    const launch = new Launch(spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
    launches.push(launch);
    return launch;
  }

  const programs = (home: string) => rows<{ id: string }>(home, 'select id from programs order by id');

  async function rows<Row extends object>(home: string, sql: string): Promise<Row[]> {
    const client = new Client({ connectionString: readRunning(home).env['DATABASE_URL'] });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** An application whose workflow runs and waits for a decision. */
  async function waitingApplication(home: string): Promise<string> {
    const [program] = await programs(home);
    const response = await fetch(`${readRunning(home).urls.api}/v1/programs/${program!.id}/applications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ name: 'Dewi Lestari', email: 'dewi@partner.example' },
        consent: { version: standardProgram().application.consent?.version, given: true },
      }),
    });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    const { urls } = readRunning(home);
    const link = await new MailBox(String(urls.mail)).verificationToken(id);
    const verified = await fetch(`${urls.api}/v1/verification/${link}`, { method: 'POST' });
    expect(await verified.json()).toEqual({ stage: 'in_review' });
    const open = `select id from outbox_messages where kind = 'workflow_start' and delivered_at is null`;
    while ((await rows(home, open)).length > 0) await sleep(50);
    return id;
  }

  async function approve(home: string, applicationId: string): Promise<unknown> {
    const { urls, env } = readRunning(home);
    const { partner_manager: token } = await companyTokens(env);
    const decide = () =>
      fetch(`${urls.api}/v1/applications/${applicationId}/decision`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ action: 'approve' }),
      });
    // Temporal may wait some seconds for the worker that is gone before it gives the work to the new one.
    let response = await decide();
    while (response.status === 503) response = await decide();
    return response.json();
  }

  afterAll(async () => {
    for (const { child, ended } of launches) {
      child.kill('SIGTERM');
      await ended;
    }
    homes.forEach(removeHome);
    homes.forEach((home) => rmdirSync(path.dirname(home)));
  }, patience);

  it(
    'brings up everything, refuses a second start, survives kill -9, goes on with its data and leaves nothing behind',
    async () => {
      const home = newHome();
      const first = start(home);
      await first.ready();
      const { urls } = readRunning(home);
      expect(first.output.trimEnd().split('\n').at(-1)).toBe(`Pactline is ready: ${urls.api}`);
      expect((await fetch(`${urls.api}/health/ready`)).status).toBe(200);
      expect((await fetch(String(urls.mail))).status).toBe(200);
      // Of files that lie beside a package, not beside the process.
      expect((await fetch(`${urls.api}/docs/swagger-ui.css`)).status).toBe(200);
      const made = await programs(home);
      expect(made).toHaveLength(1);

      const applicationId = await waitingApplication(home);

      const second = start(home);
      expect(await second.ended).toBe(1);
      expect(second.output).toContain('running already');
      expect(second.output).toContain(urls.api);

      const left = readHolder(home)?.children ?? [];
      expect(left.map(({ name }) => name).sort()).toEqual(allProcesses);
      first.child.kill('SIGKILL');
      await first.ended;
      expect(left.every(isRunning)).toBe(true);
      expect(() => readRunning(home)).toThrow(/does not run/);

      const third = start(home);
      await third.ready();
      for (const { name, pid } of left) expect(third.output).toContain(`${name} (${pid})`);
      expect(left.some(isRunning)).toBe(false);
      expect(await programs(home)).toEqual(made);
      // The workflow that waited when everything was killed goes on where it was.
      expect(await approve(home, applicationId)).toMatchObject({ stage: 'approved' });

      const running = readHolder(home)?.children ?? [];
      expect(running).toHaveLength(allProcesses.length);
      third.child.kill('SIGINT');
      expect(await third.ended).toBe(0);
      expect(running.some(isRunning)).toBe(false);
      expect(existsSync(path.join(home, 'holder.json'))).toBe(false);
      expect(existsSync(path.join(home, 'run.json'))).toBe(false);
    },
    patience,
  );

  it(
    'takes a partner the whole way by curl, as the paper on the API shows',
    async () => {
      const home = newHome();
      const launch = start(home);
      await launch.ready();
      const paper = readFileSync(path.join(projectRoot, 'docs', 'api.md'), 'utf8');
      const [, shown = ''] = /## The way of one partner, by curl[\s\S]*?```sh\n([\s\S]*?)```/.exec(paper) ?? [];
      const contract = path.join(path.dirname(home), 'contract.pdf');
      const script = `set -euo pipefail\n${shown.replaceAll('contract.pdf', contract)}`;
      const env = { ...process.env, PACTLINE_HOME: home };
      const walk = new Launch(
        spawn('bash', ['-c', script], { cwd: projectRoot, env, stdio: ['ignore', 'pipe', 'pipe'] }),
      );
      const code = await walk.ended;
      rmSync(contract, { force: true });
      expect([code, walk.output]).toEqual([0, expect.stringContaining('"valid": true') as string]);
      expect(walk.output).toMatch(/earned USD 50\.00 under clause 2\.1/);
      launch.child.kill('SIGINT');
      expect(await launch.ended).toBe(0);
    },
    patience,
  );

  it('names PORT when the port is taken, before it starts anything', async () => {
    const stranger = createServer();
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const address = stranger.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const home = newHome();
    const launch = start(home, { PORT: String(port) });
    expect(await launch.ended).toBe(1);
    expect(launch.output).toContain(`PORT ${port}`);
    expect(existsSync(path.join(home, 'postgres'))).toBe(false);
    stranger.close();
  });

  it.each([
    [{ PORT: 'http' }, /PORT is wrong/],
    [{ DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/d' }, /DATABASE_MIGRATION_URL is missing/],
    [{ STRIPE_API_KEY: 'sk_test_x' }, /STRIPE_WEBHOOK_SECRET is missing/],
    [{ NODE_ENV: 'production' }, /STRIPE_API_KEY is missing/],
    [{ LINK_SECRET: 'c2hvcnQ=' }, /LINK_SECRET is wrong/],
  ])('names the variable that stops it: %j', async (environment, message) => {
    const home = newHome();
    const launch = start(home, environment);
    expect(await launch.ended).toBe(1);
    expect(launch.output).toMatch(message);
    expect(existsSync(path.join(home, 'postgres'))).toBe(false);
  });

  it('stops in order when it is interrupted in the middle of the start', async () => {
    const home = newHome();
    const launch = start(home);
    while (!existsSync(path.join(home, 'logs', 'temporal.log'))) await sleep(20);
    const running = readHolder(home)?.children ?? [];
    launch.child.kill('SIGINT');
    expect(await launch.ended).toBe(130);
    expect(running.some(isRunning)).toBe(false);
    expect(existsSync(path.join(home, 'holder.json'))).toBe(false);
  });

  it('keeps its secrets where its user alone can read them, and out of its logs', async () => {
    const home = newHome();
    const launch = start(home);
    await launch.ready();
    const { env } = readRunning(home);
    launch.child.kill('SIGTERM');
    await launch.ended;
    const logs = ['api', 'worker', 'sandbox', 'mail', 'postgres', 'temporal'].map((name) =>
      readFileSync(path.join(home, 'logs', `${name}.log`), 'utf8'),
    );
    for (const name of ['DATABASE_URL', 'LINK_SECRET', 'ENCRYPTION_KEYS', 'STRIPE_WEBHOOK_SECRET']) {
      expect([...logs, launch.output].join('\n')).not.toContain(env[name]);
    }
  });
});
