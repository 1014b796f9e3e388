import { DomainError } from './domain-error.js';

type Table<State extends string, Action extends string> = Readonly<Record<State, Partial<Record<Action, State>>>>;

/** A state machine as data: services ask it, workflows validate with it, documents draw it. */
export class TransitionTable<State extends string, Action extends string> {
  constructor(
    readonly name: string,
    readonly table: Table<State, Action>,
  ) {}

  allows(from: State, action: Action): boolean {
    return this.table[from][action] !== undefined;
  }

  /** The state after `action`; throws `illegal-transition` where the table has none. */
  next(from: State, action: Action): State {
    const to = this.table[from][action];
    if (to === undefined) throw new DomainError('illegal-transition', `${this.name}: cannot ${action} while ${from}`);
    return to;
  }

  /** Whether nothing leads out of `state`. */
  isTerminal(state: State): boolean {
    return Object.keys(this.table[state]).length === 0;
  }
}
