import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ManagedProcess,
  type ProcessHost,
  type ProcessSpec,
  type RestartPolicy,
} from '../../tools/embedded/managed-process.js';
import { processIdentity } from '../../tools/embedded/process-identity.mjs';

describe('a process of the product', () => {
  let folder: string;
  let adopted: ManagedProcess[];
  let listed: Set<number>;
  let said: string[];
  let host: ProcessHost;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'managed-process-'));
    adopted = [];
    listed = new Set();
    said = [];
    host = {
      registry: { addChild: (_name, pid) => void listed.add(pid), removeChild: (pid) => void listed.delete(pid) },
      adopt: (managed) => void adopted.push(managed),
    };
  });
  afterEach(async () => {
    await Promise.all(adopted.map((managed) => managed.stop({ force: true })));
    rmSync(folder, { recursive: true, force: true });
  });

  const quickly: RestartPolicy = { restartsInARow: 3, firstPauseMs: 10, longestPauseMs: 20 };

  function managed(script: string, more: Partial<ProcessSpec> = {}, restarts?: RestartPolicy): ManagedProcess {
    return new ManagedProcess(
      {
        name: 'api',
        command: 'sh',
        args: ['-c', script],
        environment: { PATH: process.env['PATH'] },
        folder,
        logFile: path.join(folder, 'logs', 'api.log'),
        isReady: (log) => Promise.resolve(log.includes('ready')),
        readyWithinMs: 10_000,
        stopSignal: 'SIGTERM',
        killSignal: 'SIGKILL',
        stopWithinMs: 5_000,
        ...more,
      },
      host,
      restarts,
    );
  }

  async function until(condition: () => boolean): Promise<void> {
    const end = Date.now() + 20_000;
    while (!condition()) {
      if (Date.now() > end) throw new Error(`It did not come to that: ${said.join('; ')}`);
      await sleep(20);
    }
  }

  it('is ready when it says so in this run, whatever its log says of the run before', async () => {
    const process_ = managed('test -f second && sleep 0.4; touch second; echo ready; exec sleep 60');
    await process_.start();
    await process_.stop();
    const again = managed('test -f second && sleep 0.4 && touch slow; echo ready; exec sleep 60');
    await again.start();
    expect(readFileSync(path.join(folder, 'slow'), 'utf8')).toBe('');
  });

  it('is listed while it runs', async () => {
    const process_ = managed('echo ready; exec sleep 60');
    await process_.start();
    expect([...listed]).toEqual([process_.pid]);
    await process_.stop();
    expect([...listed]).toEqual([]);
    expect(process_.pid).toBeUndefined();
  });

  it('that ends before it is ready fails the start with the end of its log', async () => {
    const process_ = managed('echo PORT is wrong; exit 3');
    await expect(process_.start()).rejects.toThrow(/api ended before it was ready\.[^]*api\.log:\n {2}PORT is wrong/);
  });

  it('that is never ready fails the start and is stopped', async () => {
    const process_ = managed('echo still starting; exec sleep 60', { readyWithinMs: 300 });
    await expect(process_.start()).rejects.toThrow(/not ready within 0\.3 s[^]*still starting/);
    expect([...listed]).toEqual([]);
  });

  it('that is no program fails the start', async () => {
    await expect(managed('', { command: path.join(folder, 'nothing') }).start()).rejects.toThrow(/ENOENT/);
  });

  it('that does not stop when asked is killed, with all it started', async () => {
    const script = `trap '' TERM; (trap '' TERM; sleep 60) & echo $! > inner; echo ready; while :; do sleep 0.1; done`;
    const process_ = managed(script, { stopWithinMs: 300 });
    await process_.start();
    const inner = Number(readFileSync(path.join(folder, 'inner'), 'utf8'));
    await process_.stop();
    await until(() => processIdentity(inner) === undefined);
    expect([...listed]).toEqual([]);
  });

  it('starts again when it ends by itself, and says so', async () => {
    const process_ = managed('echo ready; exec sleep 60');
    await process_.start();
    const gaveUp: string[] = [];
    process_.supervise({ say: (line) => void said.push(line), gaveUp: (name) => void gaveUp.push(name) });
    const first = process_.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await until(() => !process_.isReady);
    await until(() => said.includes('api runs again.'));
    expect(process_.pid).not.toBe(first);
    expect(process_.isReady).toBe(true);
    expect(said[0]).toMatch(/^api ended \(SIGKILL\); starting it again in 0\.5 s/);
    expect(gaveUp).toEqual([]);
  });

  it('stops at once while it waits to be started again', async () => {
    const process_ = managed('test -f broken && exit 1; echo ready; exec sleep 60');
    await process_.start();
    process_.supervise({ say: (line) => void said.push(line), gaveUp: () => undefined });
    writeFileSync(path.join(folder, 'broken'), '');
    process.kill(process_.pid ?? 0, 'SIGKILL');
    await until(() => said.some((line) => line.includes('could not be started')));
    await process_.stop();
    const lines = said.length;
    await sleep(1_500);
    expect(said).toHaveLength(lines);
    expect(process_.pid).toBeUndefined();
  });

  it('that ends again and again is given up', async () => {
    const process_ = managed('test -f broken && exit 1; echo ready; exec sleep 60', {}, quickly);
    await process_.start();
    const gaveUp: string[] = [];
    const supervision = {
      say: (line: string) => void said.push(line),
      gaveUp: (name: string) => void gaveUp.push(name),
    };
    process_.supervise(supervision);
    writeFileSync(path.join(folder, 'broken'), '');
    process.kill(process_.pid ?? 0, 'SIGKILL');
    await until(() => gaveUp.length > 0);
    expect(gaveUp).toEqual(['api']);
    expect(said).toHaveLength(3);
  });
});
