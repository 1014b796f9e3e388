import { Injectable } from '@nestjs/common';
import { Database, rowOf } from '../database/index.js';
import type { Language } from '../kernel/language.js';
import { CapabilityLinks, signingRecipient } from '../platform/index.js';
import { ProgramsService } from '../programs/index.js';

/** Why a signing link that is ours leads nowhere any more, for whoever still opens it. */
export interface LinkReplacement {
  /** Another person was named in the signer's place; a newer contract took this one's place; the address was corrected. */
  cause: 'delegated' | 'superseded' | 'corrected';
  language: Language;
  company: string;
}

/** Tells what became of a link that was replaced. */
@Injectable()
export class LinkReplacements {
  constructor(
    private readonly database: Database,
    private readonly links: CapabilityLinks,
    private readonly programs: ProgramsService,
  ) {}

  /** Undefined for a link that is not ours and for one of an envelope that had no recipients. */
  async of(link: string): Promise<LinkReplacement | undefined> {
    const subject = this.links.verify('signing', link);
    if (subject === undefined) return undefined;
    const found = await rowOf<{ state: string; envelope: string; language: Language; program_id: string }>(
      this.database.dataSource.manager,
      `select r.state, e.state as envelope, e.language, e.program_id
       from envelope_recipients r join envelopes e on e.id = r.envelope_id where r.id = $1`,
      [signingRecipient(subject)],
    );
    if (!found) return undefined;
    const { document } = await this.programs.get(found.program_id);
    const cause =
      found.state === 'delegated' ? 'delegated' : found.envelope === 'superseded' ? 'superseded' : 'corrected';
    return { cause, language: found.language, company: document.company };
  }
}
