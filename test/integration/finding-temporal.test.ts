import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTemporal } from '../../tools/embedded/temporal-build.mjs';
import { cachedTemporal, findTemporal } from '../../tools/embedded/temporal-server.mjs';

const usable = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)';

describe('finding Temporal', () => {
  let folder: string;
  let said: string[];
  const say = (line: string): void => void said.push(line);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'finding-temporal-'));
    said = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that prints a line and does nothing else. */
  function program(file: string, prints: string, then = ''): string {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho '${prints}'\n${then}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: path.join(folder, 'bin'),
    XDG_CACHE_HOME: path.join(folder, 'cache'),
    ...more,
  });
  const never = (): Promise<void> => Promise.reject(new Error('not to be called'));

  it('takes TEMPORAL_CLI_PATH before all else', async () => {
    program(path.join(folder, 'bin', 'temporal'), usable);
    program(cachedTemporal(environment()), usable);
    const given = program(path.join(folder, 'given'), usable);
    const found = await findTemporal({ environment: environment({ TEMPORAL_CLI_PATH: given }), say });
    expect(found).toEqual({ path: given, source: 'TEMPORAL_CLI_PATH' });
  });

  it.each([
    ['does not exist', undefined],
    ['is another program', 'git version 2.43.0'],
  ])('names TEMPORAL_CLI_PATH when what it says %s, and looks no further', async (_title, prints) => {
    program(path.join(folder, 'bin', 'temporal'), usable);
    const given = path.join(folder, 'given');
    if (prints !== undefined) program(given, prints);
    const search = findTemporal({ environment: environment({ TEMPORAL_CLI_PATH: given }), say });
    await expect(search).rejects.toThrow(/TEMPORAL_CLI_PATH/);
  });

  it('takes the one on the PATH before the cache', async () => {
    const onPath = program(path.join(folder, 'bin', 'temporal'), usable);
    program(cachedTemporal(environment()), usable);
    expect(await findTemporal({ environment: environment(), say })).toEqual({ path: onPath, source: 'PATH' });
  });

  it.each([
    ['too old', 'temporal version 0.10.0 (Server 1.21.0, UI 2.16.2)', /server 1\.21\.0 is too old/],
    ['another program of that name', 'Temporal 3000', /no Temporal CLI/],
  ])('passes over one on the PATH that is %s, and says so', async (_title, prints, reason) => {
    program(path.join(folder, 'bin', 'temporal'), prints);
    const cached = program(cachedTemporal(environment()), usable);
    expect(await findTemporal({ environment: environment(), say })).toEqual({ path: cached, source: 'cache' });
    expect(said.join('\n')).toMatch(reason);
  });

  it('downloads where nothing is there, once the packages are, and keeps the result in the cache', async () => {
    let installed = (): void => undefined;
    const dependencies = new Promise<void>((resolve) => (installed = resolve));
    let begun = false;
    const download = (target: string): Promise<void> => {
      begun = true;
      program(target, usable);
      return Promise.resolve();
    };
    const search = findTemporal({ environment: environment(), say, dependencies, download, build: never });
    await sleep(50);
    expect(begun).toBe(false);
    installed();
    expect(await search).toEqual({ path: cachedTemporal(environment()), source: 'download' });
    expect(await findTemporal({ environment: environment(), say, download: never })).toMatchObject({ source: 'cache' });
  });

  it('builds with Go where the download fails', async () => {
    program(path.join(folder, 'bin', 'go'), 'go1.26.8');
    const download = (): Promise<void> => Promise.reject(new Error('no network'));
    const build = (target: string): Promise<void> => Promise.resolve(void program(target, usable));
    expect(await findTemporal({ environment: environment(), say, download, build })).toMatchObject({
      source: 'Go build',
    });
  });

  it('stops the build when the download is there first', async () => {
    program(path.join(folder, 'bin', 'go'), 'go1.26.8');
    const download = async (target: string): Promise<void> => {
      await sleep(100);
      program(target, usable);
    };
    let stopped = false;
    const build = (_target: string, { signal }: { signal?: AbortSignal }): Promise<void> =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          stopped = true;
          reject(new Error('stopped'));
        });
      });
    expect(await findTemporal({ environment: environment(), say, download, build })).toMatchObject({
      source: 'download',
    });
    expect(stopped).toBe(true);
  });

  it.each([
    ['no Go', undefined, /no Go on the PATH/],
    ['an old Go', 'go1.22.1', /Go 1\.25 or newer is needed, go1\.22\.1 is present/],
  ])('names every way when all fail, with %s', async (_title, goVersion, reason) => {
    if (goVersion !== undefined) program(path.join(folder, 'bin', 'go'), goVersion);
    const download = (): Promise<void> => Promise.reject(new Error('no network'));
    const search = findTemporal({ environment: environment(), say, download, build: never });
    await expect(search).rejects.toThrow(reason);
    await expect(search).rejects.toThrow(/no network/);
    for (const way of [/TEMPORAL_ADDRESS/, /TEMPORAL_CLI_PATH/, /PATH/, /internet/, /Go 1\.25/]) {
      await expect(search).rejects.toThrow(way);
    }
  });

  it('builds once for two starts at once, and leaves nothing of the build behind', async () => {
    const counter = path.join(folder, 'builds');
    const target = path.join(folder, 'cache', 'temporal');
    mkdirSync(path.dirname(target), { recursive: true });
    const builds = `echo x >> ${counter}; sleep 0.3; echo "$*" > "$GOMODCACHE/args"; cp "$0" "$GOBIN/temporal"`;
    const go = program(path.join(folder, 'go'), '', builds);
    const both = [1, 2].map(() => buildTemporal(target, { go, version: '1.5.1', say }));
    await Promise.all(both);
    expect(readFileSync(counter, 'utf8')).toBe('x\n');
    expect(existsSync(target)).toBe(true);
    expect(existsSync(path.join(path.dirname(target), 'build', 'modules'))).toBe(false);
  });

  it('ends the compiler when the build is stopped', async () => {
    const target = path.join(folder, 'cache', 'temporal');
    mkdirSync(path.dirname(target), { recursive: true });
    const pidFile = path.join(folder, 'pid');
    const go = program(path.join(folder, 'go'), '', `sleep 60 & echo $! > ${pidFile}; wait`);
    const stop = new AbortController();
    const build = buildTemporal(target, { go, version: '1.5.1', say, signal: stop.signal });
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await sleep(20);
    stop.abort(new Error('stopped by a person'));
    await expect(build).rejects.toThrow('stopped by a person');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect(gone(pid)).resolves.toBe(true);
  });
});

/** Waits until no process of this number is left. */
async function gone(pid: number): Promise<boolean> {
  for (;;) {
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
    if (state === '' || / Z /.test(state)) return true;
    await sleep(20);
  }
}
