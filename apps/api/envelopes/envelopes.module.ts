import { Module } from '@nestjs/common';
import { DocumentsModule } from '../../../libs/documents/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { SignaturesModule } from '../../../libs/signatures/index.js';
import { EnvelopesController } from './envelopes.controller.js';
import { SigningController } from './signing.controller.js';

@Module({
  imports: [DocumentsModule, ProgramsModule, SignaturesModule],
  controllers: [EnvelopesController, SigningController],
})
export class EnvelopesApiModule {}
