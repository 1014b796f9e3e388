import { Journal } from './journal.js';
import { SandboxState, type Change } from './state.js';

/** The state and its file. What is read may not be on disk yet: answer nobody before {@link durable} resolves. */
export class SandboxStore {
  readonly state = new SandboxState();
  private journal: Journal<readonly Change[]> | undefined;

  /**
   * Replays the file and rewrites it without what is no longer needed.
   *
   * @param forget removes from the replayed state what need not be kept
   */
  async open(path: string, forget: (state: SandboxState) => void): Promise<void> {
    await Journal.read<readonly Change[]>(path, (changes) => {
      for (const change of changes) this.state.apply(change);
    });
    forget(this.state);
    this.journal = await Journal.compact(path, asLines(this.state.changes()));
  }

  /** Applies the changes at once and resolves when they are on disk, all of them or none. */
  async commit(changes: readonly Change[]): Promise<void> {
    const journal = this.opened();
    for (const change of changes) this.state.apply(change);
    await journal.append(changes);
  }

  /** Resolves when everything that can be read now is on disk. */
  durable(): Promise<void> {
    return this.opened().durable();
  }

  async close(): Promise<void> {
    await this.journal?.close();
  }

  private opened(): Journal<readonly Change[]> {
    if (!this.journal) throw new Error('the state is not open');
    return this.journal;
  }
}

function* asLines(changes: Iterable<Change>): Generator<readonly Change[]> {
  for (const change of changes) yield [change];
}
