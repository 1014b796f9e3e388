import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { TermsComparison } from './terms-comparison.js';
import { TermsController } from './terms.controller.js';

@Module({
  imports: [AgreementsModule, ProgramsModule],
  providers: [TermsComparison],
  controllers: [TermsController],
  exports: [TermsComparison],
})
export class TermsApiModule {}
