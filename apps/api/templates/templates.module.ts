import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { TermsApiModule } from '../terms/terms.module.js';
import { TemplateDiffController } from './template-diff.controller.js';
import { TemplatesController } from './templates.controller.js';

@Module({ imports: [AgreementsModule, TermsApiModule], controllers: [TemplatesController, TemplateDiffController] })
export class TemplatesApiModule {}
