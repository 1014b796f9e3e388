import type { ScreeningIndex } from './domain/index.js';

/** A list as it stands now. */
export interface ScreeningEntries {
  /** Says which list it was: another content has another version. */
  version: string;
  index: ScreeningIndex;
}

/** Where names of sanctioned people and organisations come from. */
export abstract class ScreeningList {
  /** The list of now; undefined where none is set up. Throws where one is set up and cannot be read: nobody is paid then. */
  abstract current(): Promise<ScreeningEntries | undefined>;
}
