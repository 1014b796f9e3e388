import { Controller, Get, type StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { NegotiationsService } from '../../../libs/agreements/index.js';
import type { Principal } from '../../../libs/identity/index.js';
import { Caller, Endpoint, IdParam, ZodQuery } from '../edge/index.js';
import { TermsComparison, termsDiff, versionsQuery, type Compared } from '../terms/terms-comparison.js';
import { NegotiationAccess, readers } from './negotiation-access.js';

type Versions = z.infer<typeof versionsQuery>;

/** What one version on the table changes against another one. Versions that wait for internal approval have no number. */
@Controller('v1/negotiations/:id')
export class NegotiationDiffController {
  constructor(
    private readonly access: NegotiationAccess,
    private readonly negotiations: NegotiationsService,
    private readonly comparison: TermsComparison,
  ) {}

  @Get('diff')
  @Endpoint({
    summary: 'Compare two versions of a negotiation, field by field and in words',
    roles: readers,
    response: termsDiff,
    errors: ['not-found'],
  })
  async diff(
    @IdParam('id', 'neg') id: string,
    @ZodQuery(versionsQuery) query: Versions,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const { programId, from, to } = await this.versions(id, query, caller);
    return this.comparison.diff(programId, from, to, query.language);
  }

  @Get('redline')
  @Endpoint({
    summary: 'The same as a PDF with deletions struck through and insertions underlined',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async redline(
    @IdParam('id', 'neg') id: string,
    @ZodQuery(versionsQuery) query: Versions,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    const { programId, from, to } = await this.versions(id, query, caller);
    return this.comparison.redline(programId, from, to, query.language);
  }

  private async versions(
    id: string,
    { from, to }: Versions,
    caller: Principal,
  ): Promise<{ programId: string; from: Compared; to: Compared }> {
    const { program_id: programId } = await this.access.visible(id, caller, readers);
    const compared = async (number: number): Promise<Compared> => {
      const { terms_hash: hash } = await this.negotiations.proposal(id, number);
      return { hash, name: `#${number}` };
    };
    return { programId, from: await compared(from), to: await compared(to) };
  }
}
