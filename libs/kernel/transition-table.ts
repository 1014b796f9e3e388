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
