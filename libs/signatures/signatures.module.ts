import { Module } from '@nestjs/common';
import { AgreementsModule } from '../agreements/index.js';
import { DocumentsModule } from '../documents/index.js';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { EnvelopeList } from './envelope-list.js';
import { EnvelopeLog } from './envelope-log.js';
import { EnvelopeSender } from './envelope-sender.js';
import { EnvelopesService } from './envelopes.service.js';

@Module({
  imports: [AgreementsModule, DocumentsModule, PartnersModule, ProgramsModule],
  providers: [EnvelopeList, EnvelopeLog, EnvelopeSender, EnvelopesService],
  exports: [EnvelopeList, EnvelopeLog, EnvelopeSender, EnvelopesService],
})
export class SignaturesModule {}
