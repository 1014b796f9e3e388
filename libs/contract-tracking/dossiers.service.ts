import { Injectable } from '@nestjs/common';
import { Database, rowOf } from '../database/index.js';
import { DocumentStore } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Actor } from '../orchestration/actor.js';
import { ProgramsService } from '../programs/index.js';
import { renderDossier } from './dossier-pdf.js';
import { PartnerTrails } from './partner-trail.service.js';

export interface Dossier {
  bytes: Uint8Array;
  sha256: string;
}

/** Dossiers of partners: the trail as a PDF, kept by its hash until the person is erased. */
@Injectable()
export class Dossiers {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly programs: ProgramsService,
    private readonly documents: DocumentStore,
    private readonly trails: PartnerTrails,
  ) {}

  /**
   * Makes the dossier of what is recorded now, or finds the one that says just that.
   * @throws DomainError `not-found`; `unavailable` while the storage fails, or where the person was erased meanwhile
   */
  async make(partnerId: string, { actorId }: Actor): Promise<Dossier> {
    const trail = await this.trails.read(partnerId);
    const { programId, applicationId } = trail.partner;
    const { document } = await this.programs.get(programId);
    const bytes = await renderDossier(trail, document.company);
    const kept = await this.documents.keep({ kind: 'dossier', mediaType: 'application/pdf', bytes });
    await this.database.inTransaction(async (tx) => {
      // An erasure takes the dossiers that there are: none may come after it that still knows the person.
      const sql = `select erased_at from applications where id = $1 for share`;
      const row = await rowOf<{ erased_at: Date | null }>(tx, sql, [applicationId]);
      if ((row?.erased_at ?? null)?.getTime() !== trail.application.erasedAt?.getTime()) {
        throw new DomainError('unavailable', 'the person was erased a moment ago; ask again');
      }
      await this.documents.record(tx, programId, kept);
      await tx.query(
        `insert into dossiers (partner_id, program_id, sha256, made_by, made_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
        [partnerId, programId, kept.hash, actorId, this.clock.now()],
      );
    });
    return { bytes, sha256: kept.hash };
  }
}
