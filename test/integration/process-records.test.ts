import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { acquireFolder, FolderIsTaken, readHolder, waitForFolder } from '../../tools/embedded/folder-lock.mjs';
import { isRunning, processIdentity, recordProcess, stopRecorded } from '../../tools/embedded/process-identity.mjs';

describe('records of processes', () => {
  const children: ChildProcess[] = [];
  let folder: string;
  let said: string[];
  const options = { address: 'http://127.0.0.1:3000', say: (line: string): void => void said.push(line) };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'process-records-'));
    said = [];
  });
  afterEach(() => {
    children.splice(0).forEach((child) => child.kill('SIGKILL'));
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process that does nothing until it is stopped. */
  async function sleeper(script = 'sleep 60'): Promise<{ child: ChildProcess; pid: number }> {
    const child = spawn('sh', ['-c', `echo up; ${script}`], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    if (child.stdout) await once(child.stdout, 'data');
    if (child.pid === undefined) throw new Error('not started');
    return { child, pid: child.pid };
  }

  /** The record of a process that has ended. */
  async function ended(): Promise<{ pid: number; identity: string }> {
    const { child, pid } = await sleeper();
    const identity = processIdentity(pid) ?? '';
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    return { pid, identity };
  }

  function writeHolder(holder: object): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'holder.json'), JSON.stringify(holder));
  }

  it('know a process again, and only while it runs', async () => {
    const { child, pid } = await sleeper();
    const recorded = recordProcess('api', pid);
    expect(recorded && isRunning(recorded)).toBe(true);
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    expect(recorded && isRunning(recorded)).toBe(false);
    expect(recordProcess('api', pid)).toBeUndefined();
  });

  it('never stop a process that only got the number of a recorded one', async () => {
    const { pid } = await sleeper();
    const recorded = { name: 'api', pid, identity: 'of another boot:12345' };
    expect(await stopRecorded(recorded, { signal: 'SIGTERM', patienceMs: 100 })).toBe(false);
    expect(processIdentity(pid)).toBeDefined();
  });

  it('stop for good what does not stop when asked', async () => {
    const { pid } = await sleeper(`trap '' TERM; while :; do sleep 0.1; done`);
    const recorded = { name: 'api', pid, identity: processIdentity(pid) ?? '' };
    expect(await stopRecorded(recorded, { signal: 'SIGTERM', patienceMs: 200 })).toBe(true);
    expect(processIdentity(pid)).toBeUndefined();
  });

  it('let one process alone hold a folder, and say where it is', async () => {
    const lock = await acquireFolder(folder, options);
    const second = acquireFolder(folder, options);
    await expect(second).rejects.toThrow(FolderIsTaken);
    await expect(second).rejects.toThrow(/http:\/\/127\.0\.0\.1:3000/);
    lock.release();
    (await acquireFolder(folder, options)).release();
    expect(said).toEqual([]);
  });

  it('give the folder to whoever waits for it', async () => {
    const lock = await acquireFolder(folder, options);
    const waited: number[] = [];
    const second = waitForFolder(folder, { ...options, onWait: ({ pid }) => waited.push(pid) });
    setTimeout(() => lock.release(), 300);
    (await second).release();
    expect(waited).toEqual([process.pid]);
  });

  it('give the folder to one of many that come at once', async () => {
    writeHolder({ ...(await ended()), address: 'x', children: [] });
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => acquireFolder(folder, options)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('stop what a killed launcher left, and leave a stranger with the same number alone', async () => {
    const left = await sleeper();
    const stranger = await sleeper();
    writeHolder({
      ...(await ended()),
      address: 'http://127.0.0.1:3000',
      children: [
        { name: 'postgres', pid: stranger.pid, identity: 'of another boot:12345' },
        { name: 'api', pid: left.pid, identity: processIdentity(left.pid) },
      ],
    });
    const lock = await acquireFolder(folder, options);
    expect(processIdentity(left.pid)).toBeUndefined();
    expect(processIdentity(stranger.pid)).toBeDefined();
    expect(said).toEqual([expect.stringContaining(`Stopped what it left running: api (${left.pid}).`)]);
    lock.release();
  });

  it('take a folder whose holder only shares its number with a process that runs', async () => {
    const stranger = await sleeper();
    writeHolder({ pid: stranger.pid, identity: 'of another boot:12345', address: 'x', children: [] });
    (await acquireFolder(folder, options)).release();
    expect(processIdentity(stranger.pid)).toBeDefined();
  });

  it('list children while they run', async () => {
    const lock = await acquireFolder(folder, options);
    const { pid } = await sleeper();
    lock.addChild('worker', pid);
    expect(readHolder(folder)?.children).toEqual([{ name: 'worker', pid, identity: processIdentity(pid) }]);
    lock.removeChild(pid);
    expect(readHolder(folder)?.children).toEqual([]);
    lock.release();
    expect(existsSync(path.join(folder, 'holder.json'))).toBe(false);
  });

  it('say which file is broken instead of guessing who holds the folder', async () => {
    writeFileSync(path.join(folder, 'holder.json'), '{"pid": 1');
    await expect(acquireFolder(folder, options)).rejects.toThrow(/holder\.json can't be read/);
    expect(readFileSync(path.join(folder, 'holder.json'), 'utf8')).toBe('{"pid": 1');
  });
});
