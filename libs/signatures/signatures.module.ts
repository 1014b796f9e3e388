import { Module } from '@nestjs/common';
import { AgreementsModule } from '../agreements/index.js';
import { DocumentsModule } from '../documents/index.js';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { SealsModule } from '../seals/index.js';
import { BuiltInProvider } from './built-in-provider.js';
import { ContractExecution } from './contract-execution.js';
import { ContractInputs } from './contract-inputs.js';
import { ContractTexts } from './contract-texts.js';
import { EnvelopeChanges } from './envelope-changes.js';
import { EnvelopeDeliveries } from './envelope-deliveries.js';
import { EnvelopeDrafts } from './envelope-drafts.js';
import { EnvelopeList } from './envelope-list.js';
import { EnvelopeLog } from './envelope-log.js';
import { EnvelopeSealer } from './envelope-sealer.js';
import { EnvelopeSender } from './envelope-sender.js';
import { EnvelopeTimers } from './envelope-timers.service.js';
import { EnvelopesService } from './envelopes.service.js';
import { EvidenceWriter } from './evidence-writer.js';
import { LinkReplacements } from './link-replacement.js';
import { NamedSigners } from './named-signers.js';
import { ProviderInbox } from './provider-inbox.js';
import { ProviderReports } from './provider-reports.js';
import { SealBlocks } from './seal-blocks.js';
import { SignatureProviders } from './signature-providers.js';
import { SignerAuthentication } from './signer-authentication.js';
import { SigningActs } from './signing-acts.js';
import { SigningLinks } from './signing-links.js';
import { SigningPages } from './signing-pages.js';

/** What other capabilities and the hosts use of this one. */
const faces = [
  ContractExecution,
  EnvelopeChanges,
  EnvelopeDeliveries,
  EnvelopeDrafts,
  EnvelopeList,
  EnvelopeLog,
  EnvelopeSealer,
  EnvelopeSender,
  EnvelopeTimers,
  EnvelopesService,
  LinkReplacements,
  NamedSigners,
  ProviderInbox,
  ProviderReports,
  SignatureProviders,
  SignerAuthentication,
  SigningActs,
  SigningLinks,
  SigningPages,
];

@Module({
  imports: [AgreementsModule, DocumentsModule, PartnersModule, ProgramsModule, SealsModule],
  providers: [...faces, BuiltInProvider, ContractInputs, ContractTexts, EvidenceWriter, SealBlocks],
  exports: faces,
})
export class SignaturesModule {}
