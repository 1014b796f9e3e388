import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { TemplatesController } from './templates.controller.js';

@Module({ imports: [AgreementsModule], controllers: [TemplatesController] })
export class TemplatesApiModule {}
