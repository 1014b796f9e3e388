import { Module } from '@nestjs/common';
import { SignaturesModule } from '../../../libs/signatures/index.js';
import { EnvelopesApiModule } from '../envelopes/envelopes.module.js';
import { FormOnce } from './form-once.js';
import { IdentityForms } from './identity-forms.js';
import { SignerForms } from './signer-forms.js';
import { SigningFormsController } from './signing-forms.controller.js';
import { SigningPagesController } from './signing-pages.controller.js';
import { SigningSite } from './signing-site.js';
import { SigningVisits } from './signing-visits.js';

@Module({
  imports: [EnvelopesApiModule, SignaturesModule],
  controllers: [SigningPagesController, SigningFormsController],
  providers: [FormOnce, IdentityForms, SignerForms, SigningSite, SigningVisits],
})
export class SigningPagesModule {}
