import { DomainError } from './domain-error.js';

/** By state, what each action that it allows leads to. */
export type Transitions<State extends string, Action extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Action, State>>>>
>;

/** The states that an action leads to, from wherever it is allowed. */
type Target<Table, Action extends string> = NonNullable<
  { [State in keyof Table]: Table[State][Action & keyof Table[State]] }[keyof Table]
>;

/**
 * A state machine as data: services ask it, workflows validate with it, documents draw it. Where the type of the table
 * itself is given, the compiler knows which states an action leads to.
 */
export class TransitionTable<
  State extends string,
  Action extends string,
  Table extends Transitions<State, Action> = Transitions<State, Action>,
> {
  readonly table: Transitions<State, Action>;

  constructor(
    readonly name: string,
    table: Table,
  ) {
    this.table = table;
  }

  allows(from: State, action: Action): boolean {
    return this.table[from][action] !== undefined;
  }

  /**
   * Whether `action` is allowed in `from` or in a state that may come after it. It is for those who may know an older state
   * than the row has: a workflow hears of what its activities wrote a moment after everybody else can read it.
   */
  mayComeToAllow(from: State, action: Action): boolean {
    const reached = new Set([from]);
    // A set that grows while it is gone through is gone through to its end.
    for (const state of reached) {
      if (this.allows(state, action)) return true;
      for (const next of Object.values<State | undefined>(this.table[state])) if (next !== undefined) reached.add(next);
    }
    return false;
  }

  /** The state after `action`; throws `illegal-transition` where the table has none. */
  next<Taken extends Action>(from: State, action: Taken): Target<Table, Taken> {
    const to = this.table[from][action];
    if (to === undefined) throw new DomainError('illegal-transition', `${this.name}: cannot ${action} while ${from}`);
    return to as Target<Table, Taken>;
  }

  /** Whether nothing leads out of `state`. */
  isTerminal(state: State): boolean {
    return Object.keys(this.table[state]).length === 0;
  }
}
