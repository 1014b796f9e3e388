import { Controller, Post } from '@nestjs/common';
import type { z } from 'zod';
import { SealService, verifyContract, type VerificationReport } from '../../../libs/seals/index.js';
import { Endpoint, ZodBody } from '../edge/index.js';
import { maxContractBytes, verificationBody, verificationReport } from './verifications.dto.js';

/** Anybody who holds a contract may have it checked; nothing of it is kept. */
@Controller('v1/verifications')
export class VerificationsController {
  constructor(private readonly seals: SealService) {}

  @Post()
  @Endpoint({
    summary: 'Check a signed contract, and its evidence certificate',
    description:
      'The contract is the body itself, or stands in a JSON body, where its evidence certificate may come with it. ' +
      'Checked are the seals, their coverage to the end of the file, the printed and attached terms, and the chain of evidence. ' +
      'Any bytes get a report: `valid` is true only where there is no finding. Seals are trusted by the certificates of this installation.',
    roles: 'public',
    takes: { maxBytes: maxContractBytes, asField: 'contract' },
    response: verificationReport,
  })
  async verify(@ZodBody(verificationBody) body: z.infer<typeof verificationBody>): Promise<VerificationReport> {
    return this.report(Buffer.from(body.contract, 'base64'), body.evidence);
  }

  private async report(contract: Uint8Array, evidence: string | undefined): Promise<VerificationReport> {
    return verifyContract(contract, {
      ...(evidence !== undefined && { evidence: Buffer.from(evidence, 'base64') }),
      trusted: await this.seals.trustedCertificates(),
      timestampAuthorities: await this.seals.timestampAuthorities(),
    });
  }
}
