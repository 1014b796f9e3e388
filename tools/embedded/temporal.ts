import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { ManagedProcess, type ProcessHost } from './managed-process.js';

/** What an embedded Temporal server is started with. */
export interface TemporalOptions {
  /** The program, as `findTemporal` found it. */
  readonly executable: string;
  readonly port: number;
  /** The port of its web page; none where it is missing. */
  readonly uiPort?: number;
  /** Where it keeps its state; without, it forgets all when it stops. */
  readonly databaseFile?: string;
  readonly namespace: string;
  readonly logFile: string;
  /** Settings of the server, such as `{ 'frontend.namespaceRPS': 5000 }`. */
  readonly dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
  readonly host: ProcessHost;
}

/** A Temporal development server that runs. */
export interface RunningTemporal {
  readonly process: ManagedProcess;
  readonly address: string;
  readonly uiUrl: string | undefined;
}

/**
 * The server lets each timer, and each pause before a retry, wait a second longer than asked, for the clocks of several
 * machines. Here there is one.
 */
const oneClock = { 'history.timerProcessorMaxTimeShift': '10ms' };

/** Starts Temporal's development server on 127.0.0.1 and waits until its namespace answers. */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const { executable, port, uiPort, databaseFile, namespace, logFile, host } = options;
  const address = `127.0.0.1:${port}`;
  if (databaseFile) mkdirSync(path.dirname(databaseFile), { recursive: true, mode: 0o700 });
  const server = new ManagedProcess(
    {
      name: 'temporal',
      command: executable,
      args: serverArguments(options),
      environment: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: 'UTC' },
      logFile,
      isReady: () => hasNamespace(address, namespace),
      readyWithinMs: 60_000,
      stopSignal: 'SIGTERM',
      killSignal: 'SIGKILL',
      stopWithinMs: 20_000,
    },
    host,
    host.restarts,
  );
  await server.start();
  return { process: server, address, uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}` };
}

function serverArguments({ port, uiPort, databaseFile, namespace, dynamicConfig = {} }: TemporalOptions): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace],
    ...['--log-level', 'warn', '--log-format', 'json', '--disable-config-file', '--disable-config-env'],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(databaseFile ? ['--db-filename', databaseFile] : []),
    // SQLite's default waits for the disk at every commit; with a write-ahead log this keeps what a crash of the
    // program leaves, and is many times faster.
    ...(databaseFile ? ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'] : []),
    ...Object.entries({ ...oneClock, ...dynamicConfig }).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}

async function hasNamespace(address: string, namespace: string): Promise<boolean> {
  // Connected in a second step: a connection whose first step fails could not be closed.
  const connection = Connection.lazy({ address, connectTimeout: 1_000 });
  try {
    await connection.ensureConnected();
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch {
    // Not yet: it still starts.
    return false;
  } finally {
    await connection.close();
  }
}
