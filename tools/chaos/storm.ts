import { setTimeout as sleep } from 'node:timers/promises';
import type { ManagedProcess } from '../embedded/managed-process.js';
import type { Product } from '../embedded/product.js';
import { signalProcess } from '../embedded/process-identity.mjs';
import type { Dice } from './dice.js';
import type { Witness } from './witness.js';

/** The longest that one of our own processes runs before it is killed again. */
const longestLifeMs = 12_000;
/** Servers are struck more seldom: each time, everybody waits for them. */
const serverPauseMs = { least: 5_000, most: 30_000 };
/** One kill in so many strikes while the process is still starting. */
const duringStartChance = 0.12;
const duringStartMs = 1_500;
const lookMs = 40;

/** How a server ends: in order, or at once, as in a crash. PostgreSQL's immediate stop leaves all to its recovery. */
const blows = {
  'postgres stopped': { name: 'postgres', signal: 'SIGINT', weight: 25 },
  'postgres crashed': { name: 'postgres', signal: 'SIGQUIT', weight: 20 },
  'temporal stopped': { name: 'temporal', signal: 'SIGTERM', weight: 25 },
  'temporal killed': { name: 'temporal', signal: 'SIGKILL', weight: 15 },
  'sandbox killed': { name: 'sandbox', signal: 'SIGKILL', weight: 15 },
} as const;

type Blow = keyof typeof blows;

/** Kills processes at moments that the dice choose; the product's own supervision starts them again. */
export class Storm {
  /** Kills with SIGKILL of worker and API, which are what `--kills` counts. */
  kills = 0;

  constructor(
    private readonly product: Product,
    private readonly witness: Witness,
    private readonly dice: Dice,
  ) {}

  /** Goes on until it is told to stop; some process may then still be starting. */
  async run(isOver: () => boolean): Promise<void> {
    await Promise.all([
      this.hunt('worker', this.dice.of('worker'), isOver),
      this.hunt('api', this.dice.of('api'), isOver),
      this.strikeServers(this.dice.of('servers'), isOver),
    ]);
  }

  private async hunt(name: 'worker' | 'api', dice: Dice, isOver: () => boolean): Promise<void> {
    const hunted = this.process(name);
    while (!isOver()) {
      const isEarly = dice.chance(duringStartChance);
      const lifeMs = dice.next() * (isEarly ? duringStartMs : longestLifeMs);
      await until(() => isOver() || (isEarly ? hunted.pid !== undefined : hunted.isReady));
      await pauseUnless(isOver, lifeMs);
      if (isOver()) return;
      if (!strike(hunted, 'SIGKILL')) continue;
      this.kills += 1;
      this.witness.count(isEarly ? `${name} killed while starting` : `${name} killed`);
    }
  }

  private async strikeServers(dice: Dice, isOver: () => boolean): Promise<void> {
    const weights = Object.fromEntries(Object.entries(blows).map(([name, { weight }]) => [name, weight]));
    while (!isOver()) {
      await pauseUnless(isOver, serverPauseMs.least + dice.next() * (serverPauseMs.most - serverPauseMs.least));
      const blow = dice.weighted(weights) as Blow;
      const { name, signal } = blows[blow];
      const server = this.process(name);
      await until(() => isOver() || server.isReady);
      if (!isOver() && strike(server, signal)) this.witness.count(blow);
    }
  }

  private process(name: string): ManagedProcess {
    const found = this.product.processes.get(name);
    if (!found) throw new Error(`The product has no process ${name}.`);
    return found;
  }
}

/** Whether there was a process to strike. It alone is struck, not its group: a server must end its own children. */
function strike({ pid }: ManagedProcess, signal: NodeJS.Signals): boolean {
  if (pid === undefined) return false;
  signalProcess(pid, signal, false);
  return true;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(lookMs);
}

async function pauseUnless(isOver: () => boolean, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!isOver() && Date.now() < end) await sleep(Math.min(lookMs, Math.max(0, end - Date.now())));
}
