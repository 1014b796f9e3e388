import { Injectable, StreamableFile } from '@nestjs/common';
import { z } from 'zod';
import { TermsDocuments } from '../../../libs/agreements/index.js';
import { describeChanges, renderRedline } from '../../../libs/documents/index.js';
import type { Language } from '../../../libs/kernel/language.js';
import { languageField, ProgramsService } from '../../../libs/programs/index.js';
import { sha256Field } from '../edge/fields.js';

/** One of two documents that are compared, and what its readers call it. */
export interface Compared {
  hash: string;
  name: string;
}

const version = z.coerce.number().int().min(1).max(1_000_000);

/** Which two versions; the language is the program's first one where absent. */
export const versionsQuery = z.strictObject({ from: version, to: version, language: languageField.optional() });
export const hashesQuery = z.strictObject({ from: sha256Field, to: sha256Field, language: languageField.optional() });

export const termsDiff = z.object({
  from: z.object({ name: z.string(), termsHash: sha256Field }),
  to: z.object({ name: z.string(), termsHash: sha256Field }),
  language: languageField,
  /** Empty exactly where the two hashes are equal. */
  changes: z.array(
    z.object({
      kind: z.enum(['changed', 'added', 'removed', 'moved']),
      /** Into the newer document; for what was removed, into the older one. */
      pointer: z.string(),
      before: z.unknown().optional(),
      after: z.unknown().optional(),
      words: z.string(),
    }),
  ),
});

/** What changes between two stored terms documents of a program: as data with words, and as a redline. */
@Injectable()
export class TermsComparison {
  constructor(
    private readonly programs: ProgramsService,
    private readonly documents: TermsDocuments,
  ) {}

  /** @throws DomainError `not-found` */
  async diff(programId: string, from: Compared, to: Compared, wanted?: Language): Promise<z.infer<typeof termsDiff>> {
    const { before, after, language } = await this.both(programId, from, to, wanted);
    return {
      from: { name: from.name, termsHash: from.hash },
      to: { name: to.name, termsHash: to.hash },
      language,
      changes: describeChanges(before, after, language),
    };
  }

  /** @throws DomainError `not-found` */
  async redline(programId: string, from: Compared, to: Compared, wanted?: Language): Promise<StreamableFile> {
    const { before, after, language, facts } = await this.both(programId, from, to, wanted);
    const createdAt = await this.documents.storedAt(programId, to.hash);
    const bytes = await renderRedline({
      ...{ before, after, language, facts, createdAt },
      ...{ beforeName: from.name, afterName: to.name },
    });
    return new StreamableFile(bytes, { type: 'application/pdf', disposition: 'inline; filename="redline.pdf"' });
  }

  private async both(programId: string, from: Compared, to: Compared, wanted: Language | undefined) {
    const [before, after] = await Promise.all([
      this.documents.get(programId, from.hash),
      this.documents.get(programId, to.hash),
    ]);
    const { name: programName, company, contract } = (await this.programs.get(programId)).document;
    return { before, after, language: wanted ?? contract.languages[0] ?? 'en', facts: { programName, company } };
  }
}
