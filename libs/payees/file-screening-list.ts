import { readFile, stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { parse } from 'csv-parse/sync';
import { isCountry } from '../kernel/country.js';
import { sha256 } from '../kernel/sha256.js';
import { Settings } from '../platform/index.js';
import { ScreeningIndex, type ScreeningEntry } from './domain/index.js';
import { ScreeningList, type ScreeningEntries } from './screening-list.js';

/**
 * A list from a CSV file with the columns `id,name,aliases,countries`, by its header; aliases and countries are split by
 * `|`. The file may be replaced while we run: it is read again when it has changed. Its version is the hash of its bytes.
 */
@Injectable()
export class FileScreeningList extends ScreeningList {
  private loaded: { stamp: string; entries: ScreeningEntries } | undefined;

  constructor(private readonly settings: Settings) {
    super();
  }

  override async current(): Promise<ScreeningEntries | undefined> {
    const file = this.settings.env.SCREENING_LIST_FILE;
    if (file === undefined) return undefined;
    const { mtimeMs, size, ino } = await stat(file);
    const stamp = `${mtimeMs}/${size}/${ino}`;
    if (this.loaded?.stamp !== stamp) {
      const bytes = await readFile(file);
      this.loaded = { stamp, entries: { version: sha256(bytes), index: new ScreeningIndex(entriesOf(bytes)) } };
    }
    return this.loaded.entries;
  }
}

/** Throws with the number of the line that is wrong: a list that is read in part would let people through. */
function entriesOf(bytes: Buffer): ScreeningEntry[] {
  const rows = parse<Record<string, string>>(bytes, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  return rows.map(({ id, name, aliases = '', countries = '' }, index) => {
    const codes = partsOf(countries);
    if (!id || !name || !codes.every(isCountry)) {
      throw new Error(
        `the screening list is not valid: entry ${index + 1} needs an id, a name and countries of ISO 3166-1`,
      );
    }
    return { id, names: [name, ...partsOf(aliases)], countries: codes };
  });
}

function partsOf(text: string): string[] {
  return text
    .split('|')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
