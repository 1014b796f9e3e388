import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './commands.mjs';
import { acquireFolder, FolderLock } from './folder-lock.mjs';
import { ManagedProcess, type ProcessHost, type RestartPolicy, type Supervision } from './managed-process.js';
import { claimPort, freePorts } from './ports.mjs';
import { placeDataFolder, prepareDatabase, startPostgres } from './postgres.js';
import {
  browsableHost,
  chooseServers,
  completeEnvironment,
  databaseName,
  machinePart,
  roleNames,
  type EmbeddedServers,
  type ProductEnvironment,
  type ProductPorts,
} from './product-environment.js';
import { apiProcess, mailProcess, sandboxProcess, workerProcess } from './product-processes.js';
import { messageOf, projectRoot } from './project.mjs';
import { clearRunning, writeRunning, type ProductUrls } from './running.js';
import { loadSecrets } from './secrets.js';
import { Steps } from './steps.mjs';
import { startTemporal } from './temporal.js';
import { findTemporal, type TemporalExecutable } from './temporal-server.mjs';

/** What a product is started with. */
export interface ProductOptions {
  /** The folder all of it lives in; made where it is missing. */
  readonly home: string;
  /** The API's port; 0 for a free one. */
  readonly port: number;
  /** The product's variables as given by a person (`productPart(process.env)`); nothing given starts everything. */
  readonly given: ProductEnvironment;
  /** Prints the steps; a quiet one where it is missing. */
  readonly steps?: Steps;
  /** The lock of the home, where the caller holds it already. */
  readonly lock?: FolderLock;
  /** Temporal's program, where the caller looks for it already. */
  readonly temporal?: Promise<TemporalExecutable>;
  /** Stops the start, or the product, in order. */
  readonly signal?: AbortSignal;
  /** Says that a process could not be kept alive: the product should be stopped. */
  readonly onGiveUp?: (name: string) => void;
  /** How processes that end by themselves are started again; the usual way where it is missing. */
  readonly restarts?: RestartPolicy;
}

/** A product that runs. */
export interface Product {
  /** The environment its processes have; commands that talk to it use the same. */
  readonly env: ProductEnvironment;
  readonly urls: ProductUrls;
  /** Its processes by name: `postgres`, `temporal`, `sandbox`, `mail`, `worker`, `api`. */
  readonly processes: ReadonlyMap<string, ManagedProcess>;
  /** Stops everything in order. With `force` nothing is waited for. */
  readonly stop: (options?: { force?: boolean }) => Promise<void>;
}

/** The order in which processes are stopped: those who use a server before the server. */
const stopOrder = [['api'], ['worker'], ['sandbox', 'mail'], ['temporal'], ['postgres']];

/**
 * Starts the whole product on a home: its servers, unless the environment gives them, the migrations, the demo
 * program, the API and the worker; it is ready when this answers. Where a step fails, all is stopped again.
 */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const home = path.resolve(options.home);
  openHome(home);
  const steps = options.steps ?? new Steps({ quiet: true });
  const lock =
    options.lock ??
    (await acquireFolder(home, { address: 'a product without a launcher', say: (line) => steps.say(line) }));
  const start = new ProductStart(home, options, steps, lock);
  const stop = (): void => void start.stop();
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    return await start.run();
  } catch (error) {
    await start.stop();
    options.signal?.throwIfAborted();
    throw error;
  }
}

/** Makes the home. Others may pass through it, as root's PostgreSQL must, but see only what is theirs. */
function openHome(home: string): void {
  const isNew = !existsSync(home);
  mkdirSync(home, { recursive: true });
  if (isNew || process.getuid?.() === 0) chmodSync(home, 0o711);
  for (const name of ['logs', 'keys', 'temporal', 'state']) {
    mkdirSync(path.join(home, name), { recursive: true, mode: 0o700 });
  }
}

/** One start, which may fail at any step and must then take back the ones before. */
class ProductStart implements ProcessHost {
  private readonly processes = new Map<string, ManagedProcess>();
  private readonly stopRequest = new AbortController();
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly home: string,
    private readonly options: ProductOptions,
    private readonly steps: Steps,
    readonly registry: FolderLock,
  ) {}

  async run(): Promise<Product> {
    const { given } = this.options;
    const servers = chooseServers(given);
    const ports = await this.findPorts();
    const env = completeEnvironment(this.home, given, servers, ports);
    const urls = productUrls(env, servers, ports);
    this.registry.setAddress(urls.api);
    // The sandbox and the mail catcher are not waited for: the API and the worker call them when they have something.
    const helpers = this.startHelpers(servers, ports, env, urls.api);
    const product = this.startServers(servers, ports, env).then(() => this.startOurOwn(env, urls));
    await settleAll([helpers, product]);
    this.supervise();
    writeRunning(this.home, env, urls, new Date());
    return { env, urls, processes: this.processes, stop: (how) => this.stop(how) };
  }

  private async startOurOwn(env: ProductEnvironment, urls: ProductUrls): Promise<void> {
    await settleAll([
      this.steps.step('Demo program there', () => this.runTool('seed', env)),
      this.startProcess('Worker ready', workerProcess(this.context(env))),
      this.startProcess('API ready', apiProcess(this.context(env), urls.api)),
    ]);
  }

  get restarts(): RestartPolicy | undefined {
    return this.options.restarts;
  }

  adopt(managed: ManagedProcess): void {
    this.stopRequest.signal.throwIfAborted();
    this.processes.set(managed.spec.name, managed);
  }

  stop({ force = false } = {}): Promise<void> {
    this.stopRequest.abort(new Error('The product is being stopped.'));
    if (force || !this.stopped) this.stopped = this.stopAll(force);
    return this.stopped;
  }

  private async stopAll(force: boolean): Promise<void> {
    for (const names of stopOrder) {
      const present = names.flatMap((name) => this.processes.get(name) ?? []);
      await Promise.all(present.map((managed) => managed.stop({ force })));
    }
    clearRunning(this.home);
    this.registry.release();
  }

  private async findPorts(): Promise<ProductPorts> {
    const api = await claimPort(this.options.given['HOST'] || '127.0.0.1', this.options.port);
    // The API's is free as well until it starts.
    const others = (await freePorts(7)).filter((port) => port !== api);
    const [postgres = 0, temporal = 0, temporalUi = 0, sandbox = 0, smtp = 0, mailPage = 0] = others;
    return { api, postgres, temporal, temporalUi, sandbox, smtp, mailPage };
  }

  /** PostgreSQL with its schema, and Temporal: they don't know of each other. */
  private async startServers(servers: EmbeddedServers, ports: ProductPorts, env: ProductEnvironment): Promise<void> {
    const temporal = servers.temporal ? this.startTemporal(ports, env) : Promise.resolve();
    const database = (servers.postgres ? this.startPostgres(ports) : Promise.resolve()).then(() =>
      this.steps.step('Database migrated', () => this.runTool('migrate', env)),
    );
    await settleAll([temporal, database]);
  }

  private async startPostgres(ports: ProductPorts): Promise<void> {
    await this.steps.step(
      (version: string) => `PostgreSQL ${version} started`,
      async () => {
        const secrets = loadSecrets(this.home);
        const { version, adminUrl } = await startPostgres({
          dataFolder: placeDataFolder(this.home),
          logFile: this.logFile('postgres'),
          port: ports.postgres,
          superuserPassword: secrets.postgresPassword,
          durable: true,
          host: this,
        });
        await prepareDatabase(adminUrl('postgres'), databaseName, {
          owner: { name: roleNames.owner, password: secrets.migratorPassword },
          running: { name: roleNames.running, password: secrets.appPassword },
        });
        return version;
      },
    );
  }

  private async startTemporal(ports: ProductPorts, env: ProductEnvironment): Promise<void> {
    const found = await (this.options.temporal ?? this.findTemporal());
    await this.steps.step(`Temporal started (${found.source})`, async () => {
      await startTemporal({
        executable: found.path,
        port: ports.temporal,
        uiPort: ports.temporalUi,
        databaseFile: path.join(this.home, 'temporal', 'temporal.sqlite'),
        namespace: env['TEMPORAL_NAMESPACE'] ?? 'default',
        logFile: this.logFile('temporal'),
        host: this,
      });
    });
  }

  private findTemporal(): Promise<TemporalExecutable> {
    return findTemporal({ say: (line) => this.steps.say(line), signal: this.stopRequest.signal });
  }

  private async startHelpers(
    servers: EmbeddedServers,
    ports: ProductPorts,
    env: ProductEnvironment,
    apiUrl: string,
  ): Promise<void> {
    const context = this.context(env);
    await settleAll([
      ...(servers.sandbox ? [this.startProcess('Sandbox rail ready', sandboxProcess(context, ports, apiUrl))] : []),
      ...(servers.mail ? [this.startProcess('Mail catcher ready', mailProcess(context, ports))] : []),
    ]);
  }

  private context(env: ProductEnvironment): { home: string; environment: NodeJS.ProcessEnv } {
    return { home: this.home, environment: { ...machinePart(process.env), ...env } };
  }

  private async startProcess(title: string, spec: ManagedProcess['spec']): Promise<void> {
    const managed = new ManagedProcess(spec, this, this.restarts);
    await this.steps.step(title, () => managed.start());
  }

  private async runTool(name: string, env: ProductEnvironment): Promise<void> {
    const script = path.join(projectRoot, 'dist', 'tools', `${name}.js`);
    const { environment } = this.context(env);
    const { signal } = this.stopRequest;
    await runCommand(process.execPath, [script], { cwd: projectRoot, env: environment, signal });
  }

  private supervise(): void {
    const supervision: Supervision = {
      say: (line) => this.steps.say(line),
      gaveUp: (name) => {
        this.steps.say(`${name} ends again and again; giving up. Its log: ${this.logFile(name)}`);
        this.options.onGiveUp?.(name);
      },
    };
    for (const managed of this.processes.values()) managed.supervise(supervision);
  }

  private logFile(name: string): string {
    return path.join(this.home, 'logs', `${name}.log`);
  }
}

function productUrls(env: ProductEnvironment, servers: EmbeddedServers, ports: ProductPorts): ProductUrls {
  const api = `http://${browsableHost(env['HOST'] ?? '127.0.0.1')}:${ports.api}`;
  return {
    api,
    docs: `${api}/docs`,
    ...(servers.mail && { mail: `http://127.0.0.1:${ports.mailPage}` }),
    ...(servers.temporal && { temporal: `http://127.0.0.1:${ports.temporalUi}` }),
    ...(servers.sandbox && { sandbox: `http://127.0.0.1:${ports.sandbox}` }),
  };
}

/**
 * Waits for all, also where one fails: only then is it known what has to be stopped. Fails with what failed first.
 */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(work.map((each) => each.catch((error: unknown) => failures.push(error))));
  const [first] = failures;
  if (first === undefined) return;
  throw first instanceof Error ? first : new Error(messageOf(first));
}
