import { Module } from '@nestjs/common';
import { DisputesModule } from '../../../libs/disputes/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { DisputesController } from './disputes.controller.js';

@Module({ imports: [DisputesModule, PartnersModule], controllers: [DisputesController] })
export class DisputesApiModule {}
