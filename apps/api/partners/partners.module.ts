import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { PartnersController } from './partners.controller.js';

@Module({ imports: [AgreementsModule, PartnersModule], controllers: [PartnersController] })
export class PartnersApiModule {}
