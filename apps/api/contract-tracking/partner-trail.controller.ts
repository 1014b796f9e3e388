import { Controller, Get, StreamableFile } from '@nestjs/common';
import { Dossiers, PartnerTrails } from '../../../libs/contract-tracking/index.js';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { toDetailView } from '../agreements/agreement-views.js';
import { Caller, CallingActor, Endpoint, IdParam } from '../edge/index.js';
import { partnerTrail } from './contract-tracking.dto.js';

const readers: readonly Role[] = ['legal', 'partner_manager', 'admin', 'auditor'];

/** All that is recorded of one partner. */
@Controller('v1/partners/:id')
export class PartnerTrailController {
  constructor(
    private readonly partners: PartnerList,
    private readonly trails: PartnerTrails,
    private readonly dossiers: Dossiers,
  ) {}

  @Get('trail')
  @Endpoint({
    summary: 'Read all that is recorded of a partner, from its application on, on one page',
    description:
      'Its review and references, rounds of terms by their hashes, envelopes with recipients, seals and the head of their ' +
      'evidence, agreement versions, changes, renewals, terminations, suspensions, tiers, mails and documents, and `timeline`: who ' +
      'did what, when and why, in the order of time. A person who was erased has no name, and `erasedAt`.',
    roles: readers,
    response: partnerTrail,
    errors: ['not-found'],
  })
  async read(@IdParam('id', 'prt') id: string, @Caller() caller: Principal): Promise<unknown> {
    await this.visible(id, caller);
    const { agreements, ...trail } = await this.trails.read(id);
    return { ...trail, agreements: agreements.map(({ acts, ...detail }) => ({ ...toDetailView(detail), acts })) };
  }

  @Get('dossier')
  @Endpoint({
    summary: 'Read the trail of a partner as a tagged PDF, with the hash of every document',
    description: 'Kept by its hash; the same record gives the same bytes. It goes when the person is erased.',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async dossier(
    @IdParam('id', 'prt') id: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<StreamableFile> {
    await this.visible(id, caller);
    const { bytes } = await this.dossiers.make(id, actor);
    return new StreamableFile(bytes, { type: 'application/pdf', disposition: `inline; filename="dossier-${id}.pdf"` });
  }

  private async visible(id: string, caller: Principal): Promise<void> {
    requireProgram(caller, (await this.partners.view(id)).programId, readers);
  }
}
