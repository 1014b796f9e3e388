import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { DocumentsModule } from '../../../libs/documents/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { SignaturesModule } from '../../../libs/signatures/index.js';
import { EnvelopeAccess } from './envelope-access.js';
import { EnvelopeActsController } from './envelope-acts.controller.js';
import { EnvelopeChangesController } from './envelope-changes.controller.js';
import { EnvelopesController } from './envelopes.controller.js';
import { NamedSignersController } from './named-signers.controller.js';
import { SignerActs } from './signer-acts.js';
import { SigningController } from './signing.controller.js';

@Module({
  imports: [AgreementsModule, DocumentsModule, ProgramsModule, SignaturesModule],
  controllers: [
    EnvelopesController,
    EnvelopeActsController,
    EnvelopeChangesController,
    NamedSignersController,
    SigningController,
  ],
  providers: [EnvelopeAccess, SignerActs],
  exports: [SignerActs],
})
export class EnvelopesApiModule {}
