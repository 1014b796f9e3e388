import { Module } from '@nestjs/common';
import { AgreementsModule } from '../../../libs/agreements/index.js';
import { NegotiationsController } from './negotiations.controller.js';

@Module({ imports: [AgreementsModule], controllers: [NegotiationsController] })
export class NegotiationsApiModule {}
