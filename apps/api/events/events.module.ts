import { Module } from '@nestjs/common';
import { CommissionsModule } from '../../../libs/commissions/index.js';
import { PartnersModule } from '../../../libs/partners/index.js';
import { EventsController } from './events.controller.js';

@Module({ imports: [CommissionsModule, PartnersModule], controllers: [EventsController] })
export class EventsApiModule {}
